"""What `vault-webhook COMMAND` does, a file for each command."""
