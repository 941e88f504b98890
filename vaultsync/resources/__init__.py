"""Custom objects beside each other: who may refer to whom, and what a VaultAuthGlobal adds. Pure.

One object is read by `vaultkube.sync_resources.resources.read_resource`.
"""
