"""References between custom objects: which namespaces may use an object, and the merge with a VaultAuthGlobal. Pure.

A single object is parsed by `vaultkube.sync_resources.resources.read_resource`.
"""
