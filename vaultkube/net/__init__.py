"""Networking: sockets and requests with one timeout for all operations, keep-alive pools, TLS contexts."""
