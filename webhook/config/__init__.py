"""Configuration: the annotations of an object over the operator's settings. Pure."""
