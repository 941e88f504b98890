"""Reloads: restarts of workloads whose secrets have a new version in Vault, read with the login of their pods."""
