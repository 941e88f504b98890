"""References in the values of Secrets, ConfigMaps and custom objects: their paths, and their problems. Pure."""
