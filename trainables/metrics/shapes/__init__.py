"""Metrics of shapes over time, one file each."""
