"""The rules of `check`: each finding has a place and a remedy."""
