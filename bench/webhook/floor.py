"""The fastest possible webhook in Python: TLS, HTTP split at its blank line, JSON by the standard library, a patch.

`python -m bench.webhook.floor PORT CERT_FILE KEY_FILE [threads] [lists]`. For the pod of `bench.webhook.pod` it does
the same as the webhook, which `tests/bench/test_floor.py` checks: it finds the containers with references and answers
hand-written operations with the same outcome. It has no routes, checks, other shapes of pods, log or metrics. One loop
serves all connections, which could not wait for Vault without delaying others; with `threads` each has a thread. With
`lists` the patch replaces whole lists, as a first hand-written webhook would: a longer answer, and more JSON.
"""

import base64
import json
import select
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Patch = Callable[[dict[str, Any]], Iterable[dict[str, Any]]]
Serve = Callable[[socket.socket, ssl.SSLContext, Patch], None]

_PREFIX = "vault.security.banzaicloud.io/"
_VOLUME = {"name": "vault-env", "emptyDir": {"medium": "Memory", "sizeLimit": "32Mi"}}
_MOUNT = {"name": "vault-env", "mountPath": "/vault", "readOnly": True}
_INIT_CONTAINER = {
    "name": "copy-vault-env",
    "image": "vault-env:1",
    "imagePullPolicy": "IfNotPresent",
    "command": ["/usr/local/bin/vault-env", "--install", "/vault/vault-env"],
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "volumeMounts": [{"name": "vault-env", "mountPath": "/vault"}],
    "resources": {
        "limits": {"cpu": "250m", "memory": "64Mi"},
        "requests": {"cpu": "50m", "memory": "64Mi"},
    },
}


def main(port: int, cert_file: str, key_file: str, serve: Serve, patch: Patch) -> None:
    """Serve for ever."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    with socket.create_server(("127.0.0.1", port)) as listener:
        serve(listener, context, patch)


def with_threads(listener: socket.socket, context: ssl.SSLContext, patch: Patch) -> None:
    """Serve each connection in a thread."""
    while True:
        client = listener.accept()[0]
        threading.Thread(target=_serve_one, args=(client, context, patch), daemon=True).start()


def in_a_loop(listener: socket.socket, context: ssl.SSLContext, patch: Patch) -> None:
    """Serve all connections in this thread."""
    poll, clients = select.epoll(), {}
    poll.register(listener, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                client = _Client(listener.accept()[0], context, patch)
                clients[client.connection.fileno()] = client
                poll.register(client.connection, select.EPOLLIN)
            elif not clients[number].serve():
                poll.unregister(number)
                clients.pop(number).connection.close()


def _serve_one(raw: socket.socket, context: ssl.SSLContext, patch: Patch) -> None:
    client = _Client(raw, context, patch)
    while client.serve():
        pass


class _Client:
    def __init__(self, raw: socket.socket, context: ssl.SSLContext, patch: Patch) -> None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = context.wrap_socket(raw, server_side=True)
        self._patch = patch
        self._received = b""

    def serve(self) -> bool:
        """Read the bytes that arrive, and answer complete requests; return whether the connection stays open."""
        data = self.connection.recv(65536)
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if blank:
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            if len(body) >= int(fields.get(b"content-length", 0)):
                self._received = b""
                self.connection.sendall(_http(answer(body, self._patch)) if body else _http(b"ok\n"))
        return bool(data)


def answer(body: bytes, patch: Patch) -> bytes:
    """Return the AdmissionReview with the patch for the pod in `body`."""
    request = json.loads(body)["request"]
    response = {
        "uid": request["uid"],
        "allowed": True,
        "patchType": "JSONPatch",
        "patch": base64.b64encode(json.dumps(list(patch(request["object"]))).encode()).decode(),
    }
    return json.dumps(
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
    ).encode()


def by_item(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the operations that the webhook answers, hand-written for this one kind of pod."""
    variables = _variables(pod)
    for index, container in enumerate(pod["spec"]["containers"]):
        if not _refers(container):
            continue
        place = f"/spec/containers/{index}"
        yield {"op": "add", "path": f"{place}/args", "value": container["command"] + container["args"]}
        yield {"op": "add", "path": f"{place}/command", "value": ["/vault/vault-env"]}
        for variable in variables:
            yield {"op": "add", "path": f"{place}/env/-", "value": variable}
        yield {"op": "add", "path": f"{place}/volumeMounts/-", "value": _MOUNT}
    yield {"op": "add", "path": "/spec/volumes/-", "value": _VOLUME}
    yield {"op": "add", "path": "/spec/initContainers", "value": [_INIT_CONTAINER]}


def by_list(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Return operations with the same outcome that replace whole lists."""
    spec, variables = pod["spec"], _variables(pod)
    containers = [
        {
            **container,
            "command": ["/vault/vault-env"],
            "args": container["command"] + container["args"],
            "env": container["env"] + variables,
            "volumeMounts": [*container["volumeMounts"], _MOUNT],
        }
        if _refers(container)
        else container
        for container in spec["containers"]
    ]
    return [
        {"op": "add", "path": "/spec/containers", "value": containers},
        {"op": "add", "path": "/spec/volumes", "value": [*spec["volumes"], _VOLUME]},
        {"op": "add", "path": "/spec/initContainers", "value": [_INIT_CONTAINER]},
    ]


def _refers(container: dict[str, Any]) -> bool:
    return any(entry["value"].startswith("vault:") for entry in container["env"])


def _variables(pod: dict[str, Any]) -> list[dict[str, str]]:
    annotations = pod["metadata"]["annotations"]
    values = {
        "VAULT_ADDR": annotations[_PREFIX + "vault-addr"],
        "VAULT_ROLE": annotations[_PREFIX + "vault-role"],
        "VAULT_PATH": annotations[_PREFIX + "vault-path"],
        "VAULT_AUTH_METHOD": "jwt",
        "VAULT_SKIP_VERIFY": "false",
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def _http(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


if __name__ == "__main__":
    words = sys.argv[4:]
    main(
        int(sys.argv[1]),
        sys.argv[2],
        sys.argv[3],
        with_threads if "threads" in words else in_a_loop,
        by_list if "lists" in words else by_item,
    )
