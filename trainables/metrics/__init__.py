"""Distances between surfaces and overlaps of volumes, and the per-time-step score made of them."""
