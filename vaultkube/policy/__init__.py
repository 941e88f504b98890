"""Policies: which Vault addresses and which paths the operator allows. Pure."""
