"""The autodecoder: f(x, y, z, t, code) fitted to signed distance functions, with regularizers (seed 000, ch. 3)."""
