"""In place of certifi's list of CAs, which the executable does not carry: the launcher names its own."""


def where() -> str:
    """A file that does not exist."""
    return "/nonexistent"
