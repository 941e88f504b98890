"""Networking for servers: dialling, sockets with one timeout for all operations, keep-alive pools, TLS contexts."""
