"""Text of others for a terminal or a line of a report: no character in it has an effect there."""


def printable(text: str) -> str:
    """Return the text with every character that is not printable, a line break too, as its escape of Python.

    Among them are the escape sequences of terminals, also in one character (U+009B), and those that reverse the
    direction of writing.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
