"""Vault as the pods see it: shared connections, a login for each pod and role, and reads with its token."""
