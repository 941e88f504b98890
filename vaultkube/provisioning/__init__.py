"""Provisioning: role, policy and path of each namespace in Vault, on demand or as namespaces are labelled."""
