"""The commands of `vault-webhook`, a file for each."""
