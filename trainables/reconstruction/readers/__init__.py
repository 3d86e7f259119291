"""Layouts of triplets of volume, mask and image, one file each."""
