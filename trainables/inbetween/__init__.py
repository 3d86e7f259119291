"""Images between two images: dynamics learned through an advected latent (seed 004), and what it is compared with."""
