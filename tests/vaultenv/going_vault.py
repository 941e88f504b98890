"""A Vault that ends a connection in the middle of the handshake, as one that is being restarted."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme


def answer_and_go(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Send the server's part of a handshake with the end of the stream, so that the client's part is refused."""
    stream = listener.accept()[0]
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # both in one segment
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(received, sent, server_side=True)
    while not sent.pending:
        received.write(stream.recv(65536))
        with pytest.raises(ssl.SSLWantReadError):
            server.do_handshake()
    stream.sendall(sent.read())
    stream.close()


@contextmanager
def going_vault() -> Iterator[dict[str, str]]:
    """Yield the environment for a Vault that accepts one connection and ends it."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = threading.Thread(target=answer_and_go, args=(listener, context))
        gone.start()
        yield {
            "VAULT_ADDR": f"https://127.0.0.1:{listener.getsockname()[1]}",
            "VAULT_CACERT": "",
            "VAULT_CACERT_BYTES": authority.cert_pem.bytes().decode(),
            "VAULT_TOKEN": "",
            "VAULT_AUTH_METHOD": "approle",
            "VAULT_APPROLE_ROLE_ID": "role",
            "VAULT_APPROLE_SECRET_ID": "secret",
        }
        gone.join()
