"""Estimates of what a rule leaves, from sequences that are known at all times; one file each."""
