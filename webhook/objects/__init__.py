"""References in the values of Secrets, ConfigMaps and custom objects: the paths that they name, and their problems. Pure."""
