"""Pods: the plan of the containers that need the launcher, and the PodSpec with it. Pure."""
