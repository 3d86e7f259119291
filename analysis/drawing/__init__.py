"""What figures share: style, pictures of surfaces, bands, rows of panels."""
