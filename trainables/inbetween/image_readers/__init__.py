"""Formats of images, one file each."""
