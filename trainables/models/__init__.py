"""Methods with a network of their own, one file each."""
