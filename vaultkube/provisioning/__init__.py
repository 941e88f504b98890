"""Provisioning: the role, policy and path of each namespace in Vault, on demand or when namespaces are labelled."""
