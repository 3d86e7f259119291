"""Shape sequences: one shape changing over time, as a signed distance function of position and time."""
