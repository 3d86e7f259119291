"""What a population of sequences teaches about a new one of which few frames are shown."""
