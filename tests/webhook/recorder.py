"""A webhook of a test's own, to which the real API server sends its reviews."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.webhook.served import registration
from webhook.serving.fast_path import Incoming, Request, State

Answer = Callable[[socket.socket, Request], object]
"""Answers a review on its connection."""

_NAME = "recorder"
_ALLOW = (
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"%s","allowed":true}}'
)


def uid(request: Request) -> str:
    """Return the uid of the review."""
    return str(json.loads(request.body)["request"]["uid"])


def allow(connection: socket.socket, request: Request) -> None:
    """Allow the object."""
    answer = _ALLOW % uid(request).encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)


class Recorder:
    """Records a request for each of the answers, on a connection of its own."""

    def __init__(self, authority: Authority, *answers: Answer) -> None:
        certificate = authority.issue(_NAME)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self._listener.settimeout(30)
        self._answers = answers
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/pods"
        self.received: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._listener.accept()
            with connection:
                incoming, parsed = Incoming(0.0, lambda _segment: True), State.COMING
                while parsed is State.COMING and (data := connection.recv(65536)):
                    parsed = incoming.add(data)
                self.received.append(incoming.received())
                if isinstance(parsed, Request):
                    answer(connection, parsed)

    def close(self) -> None:
        self._listener.close()
        self._thread.join()


def parse(received: bytes) -> Request:
    """Return the review that was received."""
    parsed = Incoming(0.0, lambda _segment: True).add(received)
    assert isinstance(parsed, Request), received[:1000]
    return parsed


@contextmanager
def recording(cluster: Cluster, authority: Authority, namespace: str, *answers: Answer) -> Iterator[Recorder]:
    """Register a Recorder for the pods of a new namespace."""
    cluster.create_namespace(namespace)
    recorder = Recorder(authority, *answers)
    namespaces = {"kubernetes.io/metadata.name": namespace}
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    cluster.request("POST", path, registration(recorder.url, authority.ca_file, _NAME, **namespaces))
    try:
        yield recorder
    finally:
        cluster.request("DELETE", f"{path}/{_NAME}")
        recorder.close()


def create_until_recorded(cluster: Cluster, recorder: Recorder, namespace: str) -> None:
    """Create a pod, as a dry run, until the API server has heard of the configuration, and so asks the Recorder."""
    container = {"name": "app", "image": "app:1", "command": ["/app"], "args": ["x" * 4000]}
    pod = {"metadata": {"name": "app"}, "spec": {"containers": [container]}}
    end_s = time.monotonic() + 20
    while not recorder.received and time.monotonic() < end_s:
        cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
