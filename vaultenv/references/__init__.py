"""References: the grammar, and what each reference becomes. Shared by the launcher and every server."""
