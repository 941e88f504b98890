"""Text in UTF-8 as programs and Vault get it."""


def utf8(text: str) -> bytes:
    """Return the text in UTF-8; half of a surrogate pair, which JSON allows, stays as it is."""
    return text.encode("utf-8", "surrogatepass")
