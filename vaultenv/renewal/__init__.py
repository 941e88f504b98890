"""Renewal: leases and the token kept valid, and secrets read again."""
