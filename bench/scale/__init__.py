"""Many namespaces and pods on a real API server, through two replicas of the webhook."""
