"""Vault as the operator uses it: one renewed login for each identity, and the requests that are sent with it."""
