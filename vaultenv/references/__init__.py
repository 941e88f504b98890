"""References: their grammar, and their resolution to secrets. Shared by the launcher and every server."""
