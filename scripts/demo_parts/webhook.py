"""The webhook as in production, with gunicorn and TLS, and a client that sends requests like the API server."""

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

_START_S = 20.0
_PODS_TIMEOUT_S = 10


class DemoFailed(Exception):
    """A step of the demonstration failed; the text is for people."""


class Webhook:
    """A running `vault-webhook serve`."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self.address = f"127.0.0.1:{_free_port()}"
        certificate = self._certificate()
        environ = {
            "PATH": os.environ.get("PATH", ""),
            "LISTEN_ADDRESS": self.address,
            "TLS_CERT_FILE": str(certificate / "tls.crt"),
            "TLS_PRIVATE_KEY_FILE": str(certificate / "tls.key"),
            "PATH_SEGMENTS_FILE": str(certificate / "path-segments"),
            **settings,
        }
        self._context = ssl.create_default_context(cafile=certificate / "ca.crt")
        self._log = folder / "webhook.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webhook", "serve"], env=environ, stderr=log, stdout=log
            )

    def __enter__(self) -> "Webhook":
        end = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise DemoFailed(f"the webhook did not start:\n{self._log.read_text()}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def review(self, pod: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the patch for `pod`; DemoFailed if it is refused."""
        body = {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": f"demo-{pod['metadata']['name']}",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "namespace": "default",
                "operation": "CREATE",
                "object": pod,
            },
        }
        response = json.loads(self._request(f"/{self._segment()}/pods", json.dumps(body).encode()))[
            "response"
        ]
        if not response["allowed"]:
            raise DemoFailed(f"the webhook refused the pod: {response['status']['message']}")
        patch: list[dict[str, Any]] = json.loads(base64.b64decode(response["patch"]))
        return patch

    def _certificate(self) -> Path:
        """Make the certificate with the documented command, and return the folder with its files."""
        done = subprocess.run(
            [sys.executable, "-m", "webhook", "certificate", "--new", "--url", f"https://{self.address}"],
            capture_output=True,
            check=True,
        )
        secret = next(
            document for document in yaml.safe_load_all(done.stdout) if document["kind"] == "Secret"
        )
        for name, text in secret["data"].items():
            path = self._folder / name
            path.touch(mode=0o600)
            path.write_bytes(base64.b64decode(text))
        return self._folder

    def _segment(self) -> str:
        """Return the secret segment of the path, which the API server would call."""
        return (self._folder / "path-segments").read_text(encoding="ascii").split()[0]

    def _answers(self) -> bool:
        try:
            return self._request("/healthz") == b"ok\n"
        except (OSError, urllib.error.URLError):
            return False

    def _request(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(
            f"https://{self.address}{path}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_PODS_TIMEOUT_S, context=self._context) as answer:
            content: bytes = answer.read()
        return content


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
