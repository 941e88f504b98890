"""Checks of manifests: each finding with its place and its remedy."""
