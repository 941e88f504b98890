"""The answer that ends a waiting connection: the API server sends a review again that gets it."""

import base64
import json
import ssl
from http.server import HTTPServer
from types import SimpleNamespace
from typing import Any

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.serving import QuietHandler, serving
from webhook.serving.fast_path import State
from webhook.serving.sending import send_last_answer


class Ending(HTTPServer):
    """A webhook whose connection ends as the first review arrives; it allows the next one."""

    def __init__(self, authority: Authority) -> None:
        self.uids: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        certificate = authority.issue("ending")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        self.socket = context.wrap_socket(self.socket, server_side=True)


class _Handler(QuietHandler):
    server: Ending
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        uid = review["request"]["uid"]
        self.server.uids.append(uid)
        self.close_connection = True
        if len(self.server.uids) == 1:
            assert send_last_answer(SimpleNamespace(sock=self.connection), State.LATE)
            return
        body = json.dumps({**review, "response": {"uid": uid, "allowed": True}}).encode()
        self.send_response(200)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def registration(server: Ending, authority: Authority) -> dict[str, Any]:
    """Return a configuration for the ConfigMaps of one namespace."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "ending"},
        "webhooks": [
            {
                "name": "configmaps.ending.svc",
                "admissionReviewVersions": ["v1"],
                "clientConfig": {
                    "url": f"https://127.0.0.1:{server.server_port}/configmaps",
                    "caBundle": base64.b64encode(authority.ca_file.read_bytes()).decode(),
                },
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["configmaps"],
                    }
                ],
                "sideEffects": "None",
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ending"}},
            }
        ],
    }


def test_the_api_server_sends_a_review_again_that_crosses_the_end_of_its_connection(
    cluster: Cluster, authority: Authority
) -> None:
    cluster.create_namespace("ending")
    with serving(Ending(authority)) as server:
        cluster.apply(json.dumps(registration(server, authority)))
        try:
            while not server.uids:  # until the API server knows the configuration
                path = "/api/v1/namespaces/ending/configmaps"
                cluster.request("POST", path, {"metadata": {"generateName": "a-"}})
        finally:
            cluster.kubectl("delete", "validatingwebhookconfiguration", "ending")
        first, *further = server.uids
    assert further[0] == first
