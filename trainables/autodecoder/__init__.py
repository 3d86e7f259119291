"""The autodecoder: f(x, y[, z], t, code) fitted to signed distance functions, with regularizers (Martens 2025)."""
