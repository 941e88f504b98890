"""The shared ground of every server: networking, the API server, Vault, documents, value types, log, metrics."""
