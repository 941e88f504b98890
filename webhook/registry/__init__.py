"""What an image runs by itself, read from its registry."""
