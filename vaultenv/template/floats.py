"""Go's strconv.ParseFloat (https://pkg.go.dev/strconv#ParseFloat)."""

_NAMES = ("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "nan")
_INFINITE = (float("inf"), float("-inf"))


def parse_float(text: str) -> float:
    """Return the 64-bit float nearest to the text's number; raise ValueError for any other text, and out of range."""
    lower = text.lower()
    if lower in _NAMES:
        return float(lower)
    plain = lower[1:] if lower[:1] in ("+", "-") else lower
    is_hex = plain.startswith("0x")
    if plain[:1] in ("", "+", "-") or plain.strip("0123456789abcdefx.p_+-" if is_hex else "0123456789.e_+-"):
        raise ValueError
    digits = plain.replace("_", "") if _underscores_separate(plain, is_hex) else plain
    if "_" in digits or (is_hex and "p" not in digits):
        raise ValueError
    number = float.fromhex(digits) if is_hex else float(digits)
    if number in _INFINITE:
        raise ValueError
    return -number if lower.startswith("-") else number


def _underscores_separate(plain: str, is_hex: bool) -> bool:
    """Return whether each underscore is between digits, or between the prefix of a base and a digit."""
    digits = "0123456789abcdef" if is_hex else "0123456789"
    body = plain[2:] if is_hex else plain
    before = "0" if is_hex else ""
    for char, after in zip(body, (*body[1:], ""), strict=True):
        if char == "_" and not (before and before in digits and after and after in digits):
            return False
        before = char
    return True
