"""Secrets kept in step: the operator of `secrets.hashicorp.com` objects, `vault-webhook sync`."""
