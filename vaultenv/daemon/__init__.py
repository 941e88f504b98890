"""Staying as the program's parent: leases and the token are renewed, and the program follows its secrets."""
