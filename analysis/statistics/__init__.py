"""Numbers from tables: bands, comparisons, ensembles, what a search found. No words, no drawings."""
