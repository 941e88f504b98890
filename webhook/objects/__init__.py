"""Secrets and ConfigMaps: their references, and the same object with values in their place. Pure."""
