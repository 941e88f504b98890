"""Kept references: references of objects resolved at admission are read again from Vault, with the same login, and
changed values are written."""
