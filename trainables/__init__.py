"""What one trial runs: configuration in, trained model and per-time-step rows out.

Importing this package, or any configuration in it, does not import torch: that happens when work begins.
"""
