"""Manifests in files: read with their lines, decided as in the cluster, then written or checked."""
