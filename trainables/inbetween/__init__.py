"""Images between two images: dynamics learned through an advected latent (Han 2023), and what it is compared with."""
