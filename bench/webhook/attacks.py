"""ConfigMaps of at most 1.5 MB with the highest known costs, and the servers with which they are resolved."""

import json
import ssl
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.servers.authority import Authority

_PREFIX = "vault.security.banzaicloud.io/"
_LARGEST_BYTES = 1_450_000
_WORDS = "(print 1 2 3) " * 1500
_FIELDS: Mapping[str, Any] = {
    "small": {"k": "value", "list": ["a", "b", "c"]},
    "text": {"k": "x" * 390_000},
    "numbers": {"k": "x", "list": [1] * 195_000},
    "lists": {"k": "x", "list": [[]] * 130_000},
}


def attacks() -> dict[str, dict[str, str]]:
    """Return the data of each ConfigMap, by its effect."""
    return {
        "trimAll": {"a": template('trimAll (cat (repeat 130000 "a") "b") (repeat 130000 "b") | len')},
        "has in a range": {"a": template("$x := until 9000}${range 9000}${has -1 $x}${end}${1")},
        "split into characters": {
            str(n): template('len (split "" (repeat 1000000 "a"))') for n in range(500)
        },
        "b32enc": {str(n): template('len (b32enc (repeat 120000 "ż"))') for n in range(9000)},
        "append in a range": {
            "a": template("$x := list}${range 9000}${$x = append $x 1}${end}${len $x"),
        },
        "many loops": filled("${vault:s/data/small#${range 100000}${print .}${end}}"),
        "many words": {str(n): f"vault:s/data/small#${{print {_WORDS}}}" for n in range(60)},
        "one long template": {"a": "vault:s/data/small#${.k}" + "${" * 700_000},
        "one long text": {"a": 'vault:s/data/small#${print "' + "x" * 1_400_000 + '"}'},
        "a large secret, many times": filled("${vault:s/data/text#k}"),
        "large secrets": {str(n): f"vault:s/data/text?{n}#k" for n in range(24)},
        "secrets of small numbers": {str(n): f"vault:s/data/numbers?{n}#k" for n in range(24)},
        "secrets of empty lists": {str(n): f"vault:s/data/lists?{n}#k" for n in range(24)},
        "many paths": filled("${vault:s/data/small?%d#k}"),
        "many missing keys": filled("${vault:s/data/small#z}"),
        "many ciphertexts": filled("${vault:v1:%d}"),
        "encoded percent signs": {"a": "vault:s/data/%" + "25" * 700_000 + "#k"},
        "a path of many segments": {"a": "vault:s/data/" + "a/" * 700_000 + "#k"},
    }


def template(source: str) -> str:
    """Return a value with this template over a small secret."""
    return f"vault:s/data/small#${{{source}}}"


def filled(reference: str) -> dict[str, str]:
    """Return one value with as many of these references as fit; each `%d` in them is replaced by another number."""
    count = _LARGEST_BYTES // (len(reference) + 4)
    return {"a": "".join(reference % number if "%d" in reference else reference for number in range(count))}


def review(data: Mapping[str, str], namespace: str) -> bytes:
    """Return the AdmissionReview of a dry run that creates the ConfigMap."""
    annotations = {"vault-serviceaccount": "default", "vault-role": "default", "transit-key-id": "k"}
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "hostile",
            "namespace": namespace,
            "annotations": {_PREFIX + key: value for key, value in annotations.items()},
        },
        "data": data,
    }
    request = {
        "uid": "00000000-0000-0000-0000-000000000000",
        "kind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "resource": {"group": "", "version": "v1", "resource": "configmaps"},
        "namespace": namespace,
        "name": "hostile",
        "operation": "CREATE",
        "dryRun": True,
        "object": config_map,
    }
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(body, separators=(",", ":")).encode()


class _Answers(BaseHTTPRequestHandler):
    """Answers like the API server and Vault, from memory: tokens of ServiceAccounts, rights, a login, and secrets."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    bodies: Mapping[str, bytes] = {
        name: json.dumps(
            {"data": {"data": fields, "metadata": {"version": 1, "custom_metadata": None}}, "auth": None},
            separators=(",", ":"),
        ).encode()
        for name, fields in _FIELDS.items()
    }

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].partition("%3F")[0].rpartition("/")[2]
        self._answer(200, self.bodies.get(name, self.bodies["small"]))

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/token"):
            self._answer(201, b'{"status":{"token":"of-the-account"}}')
        elif self.path.endswith("/subjectaccessreviews"):
            self._answer(201, b'{"status":{"allowed":true}}')
        elif "/decrypt/" in self.path:
            results = [{"plaintext": "eA=="}] * len(json.loads(body)["batch_input"])
            self._answer(200, json.dumps({"data": {"batch_results": results}}).encode())
        else:
            self._answer(200, b'{"auth":{"client_token":"of-vault"}}')

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    """A server whose clients may disconnect at any time."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the error of a connection that its client has closed, as the webhook does when its time is over."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


def quiet_server() -> ThreadingHTTPServer:
    """Return the server on a port of loopback, before it runs."""
    return _Server(("127.0.0.1", 0), _Answers)


@contextmanager
def stub(folder: Path, authority: Authority) -> Iterator[str]:
    """Serve on a port of loopback, and yield the server's address."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = authority.issue("stub")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    server = quiet_server()
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
