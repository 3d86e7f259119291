"""3D shapes from single 2D images (Waibel 2022): SHAPR, with or without the topological loss."""
