"""Kubernetes manifests in files: what people and CI look at before anything reaches a cluster."""
