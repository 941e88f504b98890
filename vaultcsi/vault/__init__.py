"""Vault as the provider uses it: shared connections, a login for each pod and role, and reads with its token."""
