"""HashiCorp's annotations, `vault.hashicorp.com/…`: their table, and exec mode and file mode in our terms. Pure."""
