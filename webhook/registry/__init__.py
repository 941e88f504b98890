"""Image configurations from registries."""
