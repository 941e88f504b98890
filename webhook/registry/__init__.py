"""The registry client: reads an image's entry point and command from its registry."""
