"""Attacks of a registry on its client: behaviours of a `HostileServer`."""

import gzip
import hashlib
import json
import socket
import threading
import time
from typing import Any

from tests.webhook.registry.hostile_server import MANIFEST, Behaviour, Visit

CONFIG = "application/vnd.oci.image.config.v1+json"


def digest(content: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def config_of(*command: str) -> bytes:
    """An image configuration."""
    return json.dumps({"os": "linux", "architecture": "amd64", "config": {"Cmd": command}}).encode()


def manifest_of(config: bytes, **changes: Any) -> bytes:
    """A manifest of that configuration; `changes` go to the descriptor of the configuration."""
    descriptor = {"mediaType": CONFIG, "digest": digest(config), "size": len(config), **changes}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor, "layers": []}
    ).encode()


def image(
    config: bytes = config_of("good"), manifest: bytes | None = None, blob: Behaviour | None = None
) -> Behaviour:
    """An image; `blob` behaves in place of its configuration."""
    content = manifest_of(config) if manifest is None else manifest

    def behave(visit: Visit) -> None:
        if "/manifests/" in visit.path:
            return visit.answer(200, content, {"Docker-Content-Digest": digest(content)})
        return blob(visit) if blob else visit.answer(200, config)

    return behave


def redirect(target: str, status: int = 307) -> Behaviour:
    """Redirect everything to a URL."""
    return lambda visit: visit.answer(status, headers={"Location": target})


def drip_body(visit: Visit) -> None:
    """A body of one byte in 0.2 seconds, for ever."""
    visit.send_response(200)
    visit.send_header("Content-Type", MANIFEST)
    visit.send_header("Content-Length", "100000")
    visit.end_headers()
    _drip(visit)


def drip_headers(visit: Visit) -> None:
    """Headers of one byte in 0.2 seconds, for ever."""
    visit.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(visit)


def _drip(visit: Visit) -> None:
    while True:
        visit.wfile.write(b"x")
        visit.wfile.flush()
        time.sleep(0.2)


def silence(visit: Visit) -> None:
    """No answer."""
    time.sleep(30)


def hang_up(visit: Visit) -> None:
    """Close the connection without an answer."""
    visit.connection.shutdown(socket.SHUT_RDWR)
    visit.close_connection = True


def cut_short(visit: Visit) -> None:
    """The beginning of a manifest, and then the end of the connection."""
    content = manifest_of(config_of("good"))
    visit.close_connection = True
    visit.answer(200, content[:-9], length=len(content))


def endless(visit: Visit) -> None:
    """A chunked body without end."""
    visit.send_response(200)
    visit.send_header("Content-Type", MANIFEST)
    visit.send_header("Transfer-Encoding", "chunked")
    visit.end_headers()
    piece = b"10000\r\n" + b"[" * 65536 + b"\r\n"
    while True:
        visit.wfile.write(piece)


def headers(line: bytes) -> Behaviour:
    """Ninety-five headers of 64 KiB, made of that text."""

    def behave(visit: Visit) -> None:
        name, _, text = line.partition(b": ")
        visit.wfile.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n")
        for _ in range(95):
            visit.wfile.write(name + b": " + text * (65000 // len(text)) + b"\r\n")
        visit.wfile.write(b"\r\n")

    return behave


def _nothing_for_ever(piece: bytes) -> Behaviour:
    def behave(visit: Visit) -> None:
        visit.send_response(200)
        visit.send_header("Transfer-Encoding", "chunked")
        visit.end_headers()
        visit.wfile.write(b"2\r\n{}\r\n")
        while True:
            visit.wfile.write(piece)

    return behave


trailers = _nothing_for_ever(b"0\r\nX: " + b"y" * 60000 + b"\r\n")
"""A short body, and after it headers without end."""
extensions = _nothing_for_ever(b"1;" + b"y" * 60000 + b"\r\n \r\n")
"""Chunks of a single byte, each with an extension of 60 kB."""


def continues(visit: Visit) -> None:
    """Interim answers without end."""
    while True:
        visit.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def huge(size: int) -> Behaviour:
    """A body as long as it says."""

    def behave(visit: Visit) -> None:
        visit.answer(200, b"", length=size)
        piece = b"[" * 65536
        for _ in range(size // len(piece)):
            visit.wfile.write(piece)

    return behave


def bomb(visit: Visit) -> None:
    """400 KiB of gzip that are 400 MiB of text."""
    packed = gzip.compress(b" " * (1 << 20))
    visit.answer(200, packed * 400, {"Content-Encoding": "gzip"})


def challenge(text: str, then: Behaviour | None = None) -> Behaviour:
    """401 with a challenge, until there is an Authorization header; then `then`."""

    def behave(visit: Visit) -> None:
        if visit.headers.get("Authorization") and then:
            return then(visit)
        return visit.answer(401, headers={"WWW-Authenticate": text})

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Each behaviour once, the last from then on."""
    left = list(behaviours)
    lock = threading.Lock()

    def behave(visit: Visit) -> None:
        with lock:
            current = left.pop(0) if len(left) > 1 else left[0]
        current(visit)

    return behave
