"""Secrets in sync with Vault: the operator of `secrets.hashicorp.com` objects, `vault-webhook sync`."""
