"""Contents: data, labels and annotations of a destination Secret from Vault's answer, and the HMAC of the data. Pure."""
