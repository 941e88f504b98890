"""Policies: the Vault addresses and the paths that the operator allows. Pure."""
