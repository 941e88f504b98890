"""Vault through hvac: a client for each login, which resolves the references of an object."""
