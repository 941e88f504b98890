"""`toTitle`: the first letter of each word in title case, as golang.org/x/text/cases finds words (UAX #29)."""

_MIDDLE = frozenset("'.:\xb7\u0387\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a")
"""Characters that, if single, do not end a word."""
_ZERO_WIDTH_SPACE = "\u200b"


def title(value: str) -> str:
    """Return the text with each word's first cased character in title case, and all others unchanged."""
    out: list[str] = []
    in_word = after_middle = False
    for char in value:
        is_middle = char in _MIDDLE
        if after_middle and is_middle:
            in_word = False
        if _is_cased(char):
            out.append(char if in_word else char.title())
            in_word = True
        else:
            out.append(char)
            in_word = in_word and not _ends_word(char)
        after_middle = is_middle
    return "".join(out)


def _is_cased(char: str) -> bool:
    return char.isupper() or char.islower() or char.istitle()


def _ends_word(char: str) -> bool:
    if char.isalnum() or char == "_" or char in _MIDDLE:
        return False
    if char.isascii() or char == _ZERO_WIDTH_SPACE:
        return True
    import unicodedata

    category = unicodedata.category(char)
    return not (category.startswith("M") or category in ("Cf", "Pc"))
