"""What `scripts/demo` consists of."""
