"""Recorded data as a study takes it: found, checked and prepared before anything else, and kept with the run."""
