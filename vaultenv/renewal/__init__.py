"""Renewal of leases and of the token, and repeated reads of secrets."""
