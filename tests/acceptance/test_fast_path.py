"""The fast path reads a review as the real API server sends it."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socket import create_server

import pytest

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from webhook.serving.fast_path import Incoming, Request, State

NAMESPACE = "recorded"
ALLOW = (
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"%s","allowed":true}}'
)


class Recorder:
    """A webhook that allows every object and records the first request."""

    def __init__(self, authority: Authority) -> None:
        certificate = authority.issue("recorder")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        self._listener = context.wrap_socket(create_server(("127.0.0.1", 0)), server_side=True)
        self._listener.settimeout(30)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/pods"
        self.received = b""
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            incoming, parsed = Incoming(0.0, lambda _segment: True), State.COMING
            while parsed is State.COMING and (data := connection.recv(65536)):
                parsed = incoming.add(data)
            self.received = incoming.received()
            if isinstance(parsed, Request):
                answer = ALLOW % json.loads(parsed.body)["request"]["uid"].encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)

    def close(self) -> None:
        self._listener.close()
        self._thread.join()


@pytest.fixture
def recorder(cluster: Cluster, authority: Authority) -> Iterator[Recorder]:
    cluster.create_namespace(NAMESPACE)
    recording = Recorder(authority)
    ca = base64.b64encode(Path(authority.ca_file).read_bytes()).decode()
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    webhook = {
        "name": "recorder.example.com",
        "clientConfig": {"url": recording.url, "caBundle": ca},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "recorder"},
        "webhooks": [webhook],
    }
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    cluster.request("POST", path, configuration)
    try:
        yield recording
    finally:
        cluster.request("DELETE", f"{path}/recorder")
        recording.close()


def test_the_fast_path_reads_a_review_of_the_real_api_server(cluster: Cluster, recorder: Recorder) -> None:
    container = {"name": "app", "image": "app:1", "command": ["/app"], "args": ["x" * 4000]}
    created = {"metadata": {"name": "app"}, "spec": {"containers": [container]}}
    end_s = time.monotonic() + 20  # until then the API server has heard of the configuration
    while not recorder.received and time.monotonic() < end_s:
        cluster.request("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All", created)
    parsed = Incoming(0.0, lambda _segment: True).add(recorder.received)
    assert isinstance(parsed, Request), recorder.received[:1000]
    assert parsed.resource == "pods"
    assert json.loads(parsed.body)["request"]["namespace"] == NAMESPACE
