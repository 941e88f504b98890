"""Custom objects of `secrets.hashicorp.com/v1beta1`: their fields as one table, read as frozen values with all problems at once. Pure.

The table is the specs themselves: each field of a dataclass carries its row. Reader, custom resource definitions and
docs/sync-resources.md are made from it. It is here and not in vaultsync because `vault-webhook check` uses it too.
The names and meanings of the fields are those of the Vault Secrets Operator.
"""
