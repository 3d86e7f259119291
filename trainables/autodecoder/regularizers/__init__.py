"""Loss terms added to the reconstruction loss: one file each; the method `none` has none of them."""
