"""3D shapes from single 2D images (seed 003): SHAPR, with or without the topological loss."""
