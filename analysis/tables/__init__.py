"""A run's tables and record: opened, selected from, put in order, saved."""
