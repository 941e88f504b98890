"""vault-env: starts a program with its Vault references replaced by secrets."""

__version__ = "0.1.0"
