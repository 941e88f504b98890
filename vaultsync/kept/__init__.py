"""Kept references: objects that were resolved at admission are read again in Vault, as whom they were read then, and
written where something has changed."""
