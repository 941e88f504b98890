"""Where the fields of a reference end: `#` outside templates, and the closing `}` of an inline reference."""


class Fault(Exception):
    """What is wrong with a text, and at which byte; callers turn it into an error that shows the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def fields_of(text: bytes, start: int, end: int, inline: bool) -> tuple[list[tuple[int, bytes]], int]:
    """The (position, bytes) of up to three fields divided by `#`, and the position after the reference.

    The third field keeps further `#`. An inline reference ends with the `}` that closes it; braces of
    templates, of a JSON body and of a default are skipped in pairs. Raises Fault for a brace or quote that is
    not closed.
    """
    fields: list[tuple[int, bytes]] = []
    begin, at = start, end_of_path(text, start, end, inline)
    while at < end:
        char = text[at : at + 1]
        if char == b"#" and len(fields) < 2:
            fields.append((begin, text[begin:at]))
            begin = at = at + 1
        elif char == b"}" and inline:
            return [*fields, (begin, text[begin:at])], at + 1
        else:
            at = _skip(text, at, end, len(fields))
    if inline:
        raise Fault("the reference is not closed: a } is missing", end)
    return [*fields, (begin, text[begin:end])], end


def end_of_path(text: bytes, start: int, end: int, inline: bool) -> int:
    """The position of the first `#`, or `}` of an inline reference; nothing before it is skipped in pairs."""
    close = text.find(b"}", start, end) if inline else -1
    limit = end if close < 0 else close
    divider = text.find(b"#", start, limit)
    return limit if divider < 0 else divider


def _skip(text: bytes, at: int, end: int, field: int) -> int:
    if field == 1 and text.startswith(b"${", at):
        return closing(text, at + 2, end, quotes=b"\"'`") + 1
    if field == 2 and text[at : at + 1] == b"{":
        return closing(text, at + 1, end, quotes=b'"') + 1
    return at + 1


def closing(text: bytes, at: int, end: int, quotes: bytes) -> int:
    """The position of the `}` that closes a brace opened before `at`; braces between `quotes` do not
    count.
    """
    opened, depth = at, 1
    while at < end:
        char = text[at : at + 1]
        if char in quotes:
            at = _quote_end(text, at, end)
        depth += (char == b"{") - (char == b"}")
        if not depth:
            return at
        at += 1
    raise Fault("a { is not closed", opened - 1)


def _quote_end(text: bytes, at: int, end: int) -> int:
    """The position of the quote that ends the one at `at`; a backslash escapes, except between backquotes."""
    opened, quote = at, text[at : at + 1]
    at += 1
    while at < end:
        char = text[at : at + 1]
        if char == quote:
            return at
        at += 2 if char == b"\\" and quote != b"`" else 1
    raise Fault("a quote is not closed", opened)
