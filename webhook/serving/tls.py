"""TLS of the server: the certificate is read again when it changes, and no connection can block a worker."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vaultkube.file_stamp import Stamp, file_stamp

_IO_TIMEOUT_S = 10.0
_GROUP = "prime256v1"
"""The one group of the key exchange, which every client has, FIPS builds of Go too. By default a client may choose
ffdhe8192: a handshake then takes a hundred milliseconds of the processor, and the client nothing.
"""
_FRESH = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


class ServerSocket(ssl.SSLSocket):
    """A socket whose blocking reads and writes end after ten seconds each.

    gunicorn's threads would wait for ever for a client that stops in the middle of a handshake or a request.
    """

    is_api_server = False
    """Whether a review of the API server has arrived on this connection."""
    _held: list[bytes] | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except OSError as error:
            forget_failure(error)
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except OSError as error:
            forget_failure(error)
            raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Collect everything that is sent in the block, and send it at once; send nothing if the block raises an error.

        gunicorn sends the head and the body of an answer separately, which needs two TLS records and two system calls.
        """
        held: list[bytes] = []
        self._held = held
        try:
            yield
        finally:
            self._held = None
        if held:
            super().sendall(b"".join(held))

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self._held is None:
            super().sendall(data, flags)
        else:
            self._held.append(bytes(data))

    def settimeout(self, value: float | None) -> None:
        super().settimeout(_IO_TIMEOUT_S if value is None else value)

    def setblocking(self, flag: bool) -> None:
        super().settimeout(_IO_TIMEOUT_S if flag else 0.0)


def forget_failure(error: OSError) -> None:
    """Empty this thread's OpenSSL error queue after a failed call.

    An entry that remains would count as an error of the next connection without data, which would be closed: a client
    that disconnects at a bad moment could close the API server's connections. Making a TLS object empties the queue;
    Python has no other way. https://github.com/python/cpython/issues/81891
    """
    if not isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
        _FRESH.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)


def handshake(connection: ssl.SSLSocket) -> bool | None:
    """Process the handshake bytes that have arrived; return whether it has succeeded, None if more bytes are needed."""
    try:
        connection.do_handshake()
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    except OSError as error:
        forget_failure(error)
        return False
    return True


class ReloadingContext:
    """Loads the TLS context from the certificate files, again when they change.

    While new files cannot be used, the last valid context stays in use.
    """

    def __init__(
        self, cert_file: str, key_file: str, report: Callable[[str], None], client_ca_file: str = ""
    ) -> None:
        self._files = (cert_file, key_file)
        self._client_ca_file = client_ca_file
        self._report = report
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._context = self._load()

    def get(self) -> ssl.SSLContext:
        """Return the context for the next connection; the files are only read if they have changed."""
        stamp = self._stamp()
        if stamp != self._seen:
            with self._lock:
                if stamp != self._seen:
                    self._reload(stamp)
        return self._context

    def _reload(self, stamp: Stamp) -> None:
        try:
            self._context = self._load()
        except (OSError, ssl.SSLError) as error:
            self._report(f"the new certificate cannot be used, the old one stays: {error}")
        self._seen = stamp

    def _stamp(self) -> Stamp:
        return file_stamp(*filter(None, (*self._files, self._client_ca_file)))

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(_GROUP)
        context.load_cert_chain(*self._files)
        context.sslsocket_class = ServerSocket
        if self._client_ca_file:
            context.load_verify_locations(self._client_ca_file)
            context.verify_mode = ssl.CERT_OPTIONAL  # the kubelet's probes have no certificate
        return context
