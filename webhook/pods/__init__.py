"""From PodSpec to PodSpec: which containers need the launcher, and what they get. Pure."""
