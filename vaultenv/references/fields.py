"""The ends of a reference's fields: `#` outside of templates, and the closing `}` of an inline reference."""


class Fault(Exception):
    """A syntax problem and its byte position; callers convert it to an error that shows the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def fields_of(text: bytes, start: int, end: int, inline: bool) -> tuple[list[tuple[int, bytes]], int]:
    """fields = path [ "#" key [ "#" third ] ]: return up to three (position, bytes), and the position after
    the reference.

    The third field includes any further `#`; in a reference that is a whole value it is all of the rest. An inline
    reference ends with the `}` that closes it; braces of templates, of a JSON body and of a default are skipped in
    pairs. Raises Fault for an unclosed brace or quote.
    """
    fields: list[tuple[int, bytes]] = []
    begin, at = start, end_of_path(text, start, end, inline)
    while at < end and (inline or len(fields) < 2):
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
    """path = *( any but "#" ): return its end; in an inline reference, "}" ends it too, and no brace is paired."""
    close = text.find(b"}", start, end) if inline else -1
    limit = end if close < 0 else close
    divider = text.find(b"#", start, limit)
    return limit if divider < 0 else divider


def _skip(text: bytes, at: int, end: int, field: int) -> int:
    """key = *( any | "${" template "}" ), third = *( any | "{" JSON or default "}" ): return the end of the
    next item.
    """
    if field == 1 and text.startswith(b"${", at):
        return closing(text, at + 2, end, quotes=b"\"'`") + 1
    if field == 2 and text[at : at + 1] == b"{":
        return closing(text, at + 1, end, quotes=b'"') + 1
    return at + 1


def closing(text: bytes, at: int, end: int, quotes: bytes) -> int:
    """braces = "{" *( any | quoted | braces ) "}": return the position of the `}` for a brace opened before `at`."""
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
    r"""quoted = quote *( any | "\" any ) quote: return the position of the closing quote; between backquotes,
    "\" is text.
    """
    opened, quote = at, text[at : at + 1]
    at += 1
    while at < end:
        char = text[at : at + 1]
        if char == quote:
            return at
        at += 2 if char == b"\\" and quote != b"`" else 1
    raise Fault("a quote is not closed", opened)
