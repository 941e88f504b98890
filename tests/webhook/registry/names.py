"""A name server with a table, for a network of our own (RFC 1035)."""

import socket
import struct
import threading
from collections.abc import Mapping, Sequence

A, IN = 1, 1
Answers = Sequence[Sequence[str]]
"""The IPv4 addresses of each answer in turn, the last from then on."""


class NameServer:
    """Answers A queries from a table of names; queries for `silent` names never."""

    def __init__(self, table: Mapping[str, Answers], silent: Sequence[str] = ()) -> None:
        self._left = {name: list(answers) for name, answers in table.items()}
        self._silent = silent
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, sender = self._socket.recvfrom(512)
            name, kind, question = _question(query)
            if name not in self._silent:
                self._socket.sendto(self._answer(query, name, kind, question), sender)

    def _answer(self, query: bytes, name: str, kind: int, question: bytes) -> bytes:
        left = self._left.get(name)
        if left is None:
            return query[:2] + struct.pack("!5H", 0x8183, 1, 0, 0, 0) + question
        addresses: Sequence[str] = []
        if kind == A:
            addresses = left.pop(0) if len(left) > 1 else left[0]
        records = b"".join(
            struct.pack("!HHHIH", 0xC00C, A, IN, 0, 4) + socket.inet_aton(address) for address in addresses
        )
        return query[:2] + struct.pack("!5H", 0x8180, 1, len(addresses), 0, 0) + question + records


def _question(query: bytes) -> tuple[str, int, bytes]:
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode())
        position += 1 + length
    kind = struct.unpack_from("!H", query, position + 1)[0]
    return ".".join(labels).lower(), kind, query[12 : position + 5]
