"""Vault through hvac: a client per login, and the references of an object resolved with it."""
