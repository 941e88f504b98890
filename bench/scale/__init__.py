"""Many namespaces and pods on a real API server, with two replicas of the webhook."""
