"""Upsampling: a confirmed model's sequences at any times, in the coordinates and formats of the input."""
