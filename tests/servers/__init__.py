"""Real servers for tests: their sources, their builds, their processes, and helpers for requests to them."""
