"""How much of an HTTP/1.1 request has arrived."""

HEAD_LIMIT = 64 << 10
BODY_LIMIT = 8 << 20
"""API objects are at most 3 MiB, and a review may hold the old one and the new."""

_HEAD_END = b"\r\n\r\n"


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
    fields = dict(line.partition(b":")[::2] for line in head.lower().split(b"\r\n")[1:])
    length = fields.get(b"content-length", b"").strip()
    if not length.isdigit() or b"transfer-encoding" in fields or b"expect" in fields:
        return 0
    return int(length) if int(length) <= BODY_LIMIT else 0
