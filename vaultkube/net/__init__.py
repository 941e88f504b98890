"""Networking: sockets with one timeout for all operations, kept connections, TLS contexts, requests adapters."""
