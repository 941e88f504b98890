"""The Kubernetes API server: one small client, in a cluster or from a kubeconfig."""
