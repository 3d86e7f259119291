"""The frames between those of a recording: candidates compete on hidden frames of it, the best is given all frames."""
