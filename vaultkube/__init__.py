"""The ground that all servers share: networking, the API server, Vault, documents, value types, log, metrics."""
