"""Registries: the entry point and the command of an image, read with the pod's pull secrets within limits."""
