"""An agent whose Vault ends a connection in the middle of the handshake, as one that is being restarted."""

import socket
import ssl
import threading

import pytest
import trustme

from tests.vaultenv.agent.conftest import Pod

pytestmark = pytest.mark.usefixtures("each_launcher")


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


def test_a_vault_that_goes_during_the_handshake_is_an_error_with_a_message(pod: Pod) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    environ = {
        "VAULT_CACERT": "",
        "VAULT_CACERT_BYTES": authority.cert_pem.bytes().decode(),
        "VAULT_TOKEN": "",
        "VAULT_AUTH_METHOD": "approle",
        "VAULT_APPROLE_ROLE_ID": "role",
        "VAULT_APPROLE_SECRET_ID": "secret",
    }
    settings = pod.settings(pod.file("config", "text"), exit_on_login_error=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = threading.Thread(target=answer_and_go, args=(listener, context))
        gone.start()
        done = pod.init(settings, VAULT_ADDR=f"https://127.0.0.1:{listener.getsockname()[1]}", **environ)
        gone.join()
    assert (done.returncode, b"(login)" in done.stderr) == (1, True), done
