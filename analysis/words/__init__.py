"""What a run found, said in sentences."""
