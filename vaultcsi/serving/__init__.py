"""Serving: the driver's calls over gRPC on a Unix socket, health over HTTP, and the end in order."""
