"""Run folders: where they lie, who may write, how files are made whole."""
