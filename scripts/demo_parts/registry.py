"""A registry with one image, over TLS, which anybody may read.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import hashlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"


class Registry:
    """Serves one image without layers on 127.0.0.1; `reference` is the image's name in a pod."""

    def __init__(self, repository: str, config: dict[str, Any], cert_file: Path, key_file: Path) -> None:
        config_text = json.dumps({"architecture": "amd64", "os": "linux", "config": config}).encode()
        descriptor = {"mediaType": _CONFIG, "digest": _digest(config_text), "size": len(config_text)}
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": _MANIFEST, "config": descriptor, "layers": []}
        ).encode()
        self._answers = {
            f"/v2/{repository}/manifests/1.0": (_MANIFEST, manifest),
            f"/v2/{repository}/blobs/{descriptor['digest']}": (_CONFIG, config_text),
        }
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert_file, key_file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.reference = f"{self.host}/{repository}:1.0"

    def __enter__(self) -> "Registry":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.requests.append(self.path)
                kind, body = registry._answers.get(self.path, ("", b""))
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing: the demo's output is for people."""

        return Handler


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
