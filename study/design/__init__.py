"""What a study is: its fields, the methods that it compares, the presets that edit it."""
