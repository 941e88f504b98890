"""The static file: its build, and its independence from the image and the environment."""
