"""HTML pages: the report of a run, several runs side by side, the viewer of surfaces."""
