"""Mounts: the objects of a class to the files of a pod, with one login and one request for each distinct read."""
