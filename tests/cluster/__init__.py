"""A real Kubernetes node with all its parts, and the tests of the product on it."""
