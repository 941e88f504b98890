"""Common code of all servers: networking, the API server, Vault, documents, value types, log, metrics."""
