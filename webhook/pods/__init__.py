"""Pods: which containers need the launcher, and the PodSpec that gives it to them. Pure."""
