"""Readers of recordings, one file each: what is on disk → masks or signed distances, frame by frame."""
