"""The annotations of HashiCorp's injector, `vault.hashicorp.com/…`: their table, and exec mode and file mode as configurations of ours. Pure."""
