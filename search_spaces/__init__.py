"""What the searches may vary: plain data, dotted path in a method's configuration → Optuna distribution.

A path applies to the methods whose configuration has it, so a space is conditional on the method by itself.
"""
