"""Manifests in files: parsed with their line numbers, decided as in the cluster, then written or checked."""
