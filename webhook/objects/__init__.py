"""Secrets, ConfigMaps and custom objects: their references, and the same object with values in their place. Pure."""
