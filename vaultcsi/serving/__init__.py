"""Serving: the driver's calls over gRPC on a Unix socket, and an orderly end."""
