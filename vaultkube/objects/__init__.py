"""Secrets, ConfigMaps and custom objects: the values in them, and the same object with others in their place. Pure."""
