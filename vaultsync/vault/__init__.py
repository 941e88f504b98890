"""Vault's side: one login for each identity, kept alive, and the requests that are sent with it."""
