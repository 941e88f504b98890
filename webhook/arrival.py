"""How much of an HTTP/1.1 request has arrived."""

import re

HEAD_LIMIT = 64 << 10
BODY_LIMIT = 8 << 20
"""API objects are at most 3 MiB, and a review may hold the old one and the new."""

_HEAD_END = b"\r\n\r\n"
_FIELDS = re.compile(
    rb"(?i)\n(content-length|transfer-encoding|expect)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=[\r\n]|\Z)"
)


class Arrival:
    """What has come of one request."""

    def __init__(self) -> None:
        self.received = bytearray()
        self._needed = 0
        self._searched = 0

    def is_whole(self) -> bool:
        """Whether it can be answered: head and body are there, or more than is ever read, or the head alone suffices."""
        if not self._needed:
            end = self.received.find(_HEAD_END, self._searched)
            if end < 0:
                self._searched = max(0, len(self.received) - len(_HEAD_END))
                return len(self.received) > HEAD_LIMIT
            self._needed = end + len(_HEAD_END) + body_length(bytes(self.received[:end]))
        return len(self.received) >= self._needed


def body_length(head: bytes) -> int:
    """Return the length of the body to wait for, in bytes; 0 if it is too long, unknown, or waits to be asked for."""
    fields = [(name.lower(), text) for name, text in _FIELDS.findall(head)]
    if len(fields) != 1 or fields[0][0] != b"content-length" or not fields[0][1].isdigit():
        return 0
    length = int(fields[0][1])
    return length if length <= BODY_LIMIT else 0
