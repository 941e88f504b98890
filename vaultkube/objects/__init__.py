"""Secrets, ConfigMaps and custom objects: the values in them, and their replacement by other values. Pure."""
