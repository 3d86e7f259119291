"""Which trials are run, and in which order: the search, its journal, who is stopped early, the confirmation."""
