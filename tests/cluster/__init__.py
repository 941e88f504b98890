"""A whole Kubernetes node, real in every part, and the tests of the product on it."""
