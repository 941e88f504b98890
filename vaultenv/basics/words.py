"""Words of a command line, as a POSIX shell splits them
(https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html, Token Recognition and Quoting).
"""

_BLANKS = " \t\n"
SPECIAL = "|&;<>()$`*?[#~"
_IN_DOUBLE = '$`"\\\n'


class NeedsShell(ValueError):
    """Raised for a command line that only a shell can run: with a variable, a pipe or a pattern."""


def split(line: str, special: str = SPECIAL) -> list[str]:
    """Return the words; raise NeedsShell, or ValueError for a quote without an end.

    `special` are the characters with a meaning to a shell; those that are not in it stay as they are.
    """
    words: list[str] = []
    word: list[str] | None = None  # None between words, as '' is a word
    at = 0
    while at < len(line):
        if line.startswith("\\\n", at):  # a continued line
            at += 2
            continue
        if line[at] in _BLANKS:
            words += ["".join(word)] if word is not None else []
            word, at = None, at + 1
            continue
        text, at = _part(line, at, special)
        word = word or []
        word.append(text)
    return words if word is None else [*words, "".join(word)]


def _part(line: str, at: int, special: str) -> tuple[str, int]:
    """Return the text of the character or the quoted part at a position, and the position after it."""
    char = line[at]
    if char == "'":
        end = line.find("'", at + 1)
        if end < 0:
            raise ValueError("a quote has no end")
        return line[at + 1 : end], end + 1
    if char == '"':
        return _in_double_quotes(line, at + 1, special)
    if char == "\\":
        return line[at + 1 : at + 2] or char, at + 2
    if char in special:
        raise NeedsShell("the command has a character with a meaning to a shell")
    return char, at + 1


def _in_double_quotes(line: str, at: int, special: str) -> tuple[str, int]:
    text: list[str] = []
    while at < len(line):
        char, escaped = line[at], line[at + 1 : at + 2]
        if char == '"':
            return "".join(text), at + 1
        if char in "$`" and char in special:
            raise NeedsShell("the command has a character with a meaning to a shell")
        if char == "\\" and escaped and escaped in _IN_DOUBLE:
            text.append("" if escaped == "\n" else escaped)
            at += 2
            continue
        text.append(char)
        at += 1
    raise ValueError("a quote has no end")
