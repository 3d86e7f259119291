"""One run from its plan to its last table: trials are executed, watched, recorded."""
