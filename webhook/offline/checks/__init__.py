"""The checks of `vault-webhook check`: problems of objects as findings, each with a place and a remedy."""
