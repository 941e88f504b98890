"""Mounts: the files of a pod from the objects of its class, with one login and one request for each distinct read."""
