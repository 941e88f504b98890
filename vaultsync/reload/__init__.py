"""Reloads: workloads whose secrets have a new version in Vault, read as whom their pods read them, are rolled."""
