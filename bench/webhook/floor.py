"""The least that a webhook in Python can be: TLS, HTTP split at its blank line, JSON in, a patch, JSON out.

`python -m bench.webhook.floor PORT CERT_FILE KEY_FILE [loop]`. No routes, checks, log or metrics. A thread for each
connection, as a webhook must be able to wait for Vault without keeping others waiting; with `loop` one thread that could not.
"""

import base64
import json
import select
import socket
import ssl
import sys
import threading
from collections.abc import Callable

Serve = Callable[[socket.socket, ssl.SSLContext], None]


def main(port: int, cert_file: str, key_file: str, serve: Serve) -> None:
    """Serve for ever."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    with socket.create_server(("127.0.0.1", port)) as listener:
        serve(listener, context)


def with_threads(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Serve each connection in a thread."""
    while True:
        client = listener.accept()[0]
        threading.Thread(target=_serve_one, args=(client, context), daemon=True).start()


def in_a_loop(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Serve all connections in this thread."""
    poll, clients = select.epoll(), {}
    poll.register(listener, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                client = _Client(listener.accept()[0], context)
                clients[client.connection.fileno()] = client
                poll.register(client.connection, select.EPOLLIN)
            elif not clients[number].serve():
                poll.unregister(number)
                clients.pop(number).connection.close()


def _serve_one(raw: socket.socket, context: ssl.SSLContext) -> None:
    client = _Client(raw, context)
    while client.serve():
        pass


class _Client:
    def __init__(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = context.wrap_socket(raw, server_side=True)
        self._received = b""

    def serve(self) -> bool:
        """Take what comes and answer what is whole; whether the connection stays."""
        data = self.connection.recv(65536)
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if blank:
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            if len(body) >= int(fields.get(b"content-length", 0)):
                self._received = b""
                self.connection.sendall(_answer(body) if body else _http(b"ok\n"))
        return bool(data)


def _answer(body: bytes) -> bytes:
    request = json.loads(body)["request"]
    patch = [
        {"op": "add", "path": f"/spec/containers/{index}", "value": container}
        for index, container in enumerate(request["object"]["spec"]["containers"])
    ]
    response = {
        "uid": request["uid"],
        "allowed": True,
        "patchType": "JSONPatch",
        "patch": base64.b64encode(json.dumps(patch).encode()).decode(),
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
    return _http(json.dumps(review).encode())


def _http(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], in_a_loop if "loop" in sys.argv[4:] else with_threads)
