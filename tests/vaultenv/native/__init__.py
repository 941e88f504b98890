"""The static file: how it is made, and that the image and environment around it change nothing."""
