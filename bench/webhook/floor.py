"""The least that a webhook in Python can be: TLS, HTTP split at its blank line, JSON in, a fixed patch, JSON out.

`python -m bench.webhook.floor PORT CERT_FILE KEY_FILE`. No routes, checks, log or metrics, and one thread.
"""

import base64
import json
import select
import socket
import ssl
import sys

_PATCH = json.dumps(
    [{"op": "add", "path": f"/spec/{index}", "value": "x" * 80} for index in range(24)]
).encode()


class _Client:
    def __init__(self, connection: ssl.SSLSocket) -> None:
        self.connection = connection
        self._received = b""

    def serve(self) -> bool:
        """Answer what is whole; whether the connection stays."""
        data = self.connection.recv(65536)
        while data and self.connection.pending():
            data += self.connection.recv(65536)
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
    response = {
        "uid": request["uid"],
        "allowed": bool(request["object"]),
        "patchType": "JSONPatch",
        "patch": base64.b64encode(_PATCH).decode(),
    }
    return _http(json.dumps({"kind": "AdmissionReview", "response": response}).encode())


def _http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def main(port: int, cert_file: str, key_file: str) -> None:
    """Serve for ever."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    poll, clients = select.epoll(), {}
    with socket.create_server(("127.0.0.1", port)) as listener:
        poll.register(listener, select.EPOLLIN)
        while True:
            for number, _ in poll.poll():
                if number == listener.fileno():
                    connection = context.wrap_socket(listener.accept()[0], server_side=True)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    clients[connection.fileno()] = _Client(connection)
                    poll.register(connection, select.EPOLLIN)
                elif not clients[number].serve():
                    poll.unregister(number)
                    clients.pop(number).connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
