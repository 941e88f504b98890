"""The launcher's own Vault client, on the C modules that a quick start allows."""
