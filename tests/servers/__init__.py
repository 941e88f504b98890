"""Real servers for tests: what they are built from, how they are started, and helpers to talk to them."""
