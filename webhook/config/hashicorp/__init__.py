"""The annotations of HashiCorp's injector, `vault.hashicorp.com/…`: their table, and exec mode as a configuration of ours. Pure."""
