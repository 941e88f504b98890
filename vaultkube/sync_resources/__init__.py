"""Custom objects of `secrets.hashicorp.com/v1beta1`: their fields as one table, read as frozen values with all problems at once. Pure.

The table is the specs themselves: each field of a dataclass carries its row. Reader, custom resource definitions and
docs/sync-resources.md come from it. It stands here and not in vaultsync because `vault-webhook check` reads it too.
Names and meaning of the fields are those of the Vault Secrets Operator.
"""
