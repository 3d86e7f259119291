"""Motion that is learned: a latent of images or volumes, advected by fields (Han 2023), and shapes
between shown frames by it."""
