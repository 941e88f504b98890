"""Foreign text made safe for a terminal or a line of a report: no character has an effect there."""


def printable(text: str) -> str:
    """Return the text with every unprintable character, also a line break, as its Python escape.

    These include the start of terminal escape sequences, also in one character (U+009B), and characters that reverse the
    direction of writing.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
