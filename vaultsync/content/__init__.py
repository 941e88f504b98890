"""Contents: Vault's answer as data, labels and annotations of the destination Secret, and the marks of its state. Pure."""
