"""Contents: an answer of Vault as the bytes of a file, and the version of these bytes. Pure."""
