"""The CNCF distribution registry over TLS: open to all, with Basic, or with Bearer authentication."""

import base64
import json
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tests.servers.accounts import PULLER, PUSHER, Account, htpasswd
from tests.servers.authority import Authority
from tests.servers.build import program
from tests.servers.endpoint import Endpoint
from tests.servers.images import Blob, Image, Index
from tests.servers.process import Process, free_port
from tests.servers.tokens import ISSUER, SERVICE, TokenServer

Mode = Literal["anonymous", "basic", "bearer"]


class Registry:
    """A running registry; `host` is the beginning of its image references."""

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        mode: Mode = "anonymous",
        address: str = "127.0.0.1",
        port: int = 0,
        name: str = "",
        binary: Path | None = None,
    ) -> None:
        """Start on `address` and `port` (0: any); images are called after `name`, if there is one.

        `binary` is another release than the pinned one.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.mode = mode
        listen = f"{address}:{port or free_port(address)}"
        self.host = name or listen
        self.endpoint = Endpoint(f"https://{listen}", authority.ca_file)
        self._folder = folder
        certificate = authority.issue(f"registry-{mode}", address, name or "localhost")
        self.tokens = TokenServer(certificate, address, name) if mode == "bearer" else None
        configuration = folder / "registry.json"
        configuration.write_text(
            json.dumps(
                {
                    "version": "0.1",
                    "log": {"level": "warn"},
                    "storage": {
                        "filesystem": {"rootdirectory": str(folder / "data")},
                        "delete": {"enabled": True},
                    },
                    "http": {
                        "addr": listen,
                        "secret": secrets.token_hex(),
                        "tls": {"certificate": str(certificate.cert_file), "key": str(certificate.key_file)},
                    },
                    **self._authentication(),
                }
            )
        )
        environment = {"HOME": str(folder), "OTEL_TRACES_EXPORTER": "none"}
        self._process = Process(
            [binary or program("registry"), "serve", configuration], folder / "registry.log", environment
        )

    def wait(self) -> None:
        """Return when the registry answers."""
        self._process.wait_until(lambda: self.endpoint.answers("/v2/", 200, 401))

    def stop(self) -> None:
        """End the registry and its token server."""
        self._process.stop()
        if self.tokens:
            self.tokens.stop()

    def reference(self, name: str) -> str:
        """Return the full reference of an image pushed as `name`."""
        return f"{self.host}/{name}"

    def push(self, name: str, image: Image | Index) -> str:
        """Push an image or index as `repository:tag`, and return its full reference."""
        repository, _, tag = name.partition(":")
        for child in image.images if isinstance(image, Index) else (image,):
            for blob in child.blobs:
                self.put_blob(repository, blob)
            self.put_manifest(repository, child.digest, child.manifest)
        self.put_manifest(repository, tag or "latest", image.manifest)
        return self.reference(name)

    def put_blob(self, repository: str, blob: Blob) -> None:
        """Upload one blob in a single request (distribution spec, `end-4b` after `end-4a`)."""
        headers = self._authorization(repository)
        opened = self.endpoint.request("POST", f"/v2/{repository}/blobs/uploads/", headers=headers)
        assert opened.status_code == 202, opened.text
        target = urlsplit(opened.headers["Location"])
        path = f"{target.path}?{target.query}&digest={blob.digest}"
        headers["Content-Type"] = "application/octet-stream"
        stored = self.endpoint.request("PUT", path, headers=headers, data=blob.content)
        assert stored.status_code == 201, stored.text

    def put_manifest(self, repository: str, reference: str, manifest: Blob) -> None:
        """Upload a manifest, byte for byte, under a tag or its digest."""
        headers = {**self._authorization(repository), "Content-Type": manifest.media_type}
        path = f"/v2/{repository}/manifests/{reference}"
        stored = self.endpoint.request("PUT", path, headers=headers, data=manifest.content)
        assert stored.status_code == 201, stored.text

    def pull_secret(self, account: Account = PULLER) -> str:
        """Return the content of `.dockerconfigjson` for pulls by that account."""
        encoded = base64.b64encode(f"{account.name}:{account.password}".encode()).decode()
        return json.dumps({"auths": {self.host: {"auth": encoded}}})

    def _authorization(self, repository: str) -> dict[str, str]:
        if self.tokens:
            return {
                "Authorization": f"Bearer {self.tokens.issue(PUSHER, [f'repository:{repository}:pull,push'])}"
            }
        if self.mode == "basic":
            encoded = base64.b64encode(f"{PUSHER.name}:{PUSHER.password}".encode()).decode()
            return {"Authorization": f"Basic {encoded}"}
        return {}

    def _authentication(self) -> dict[str, object]:
        if self.tokens:
            token = {
                "realm": self.tokens.realm,
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(self.endpoint.ca_file),
            }
            return {"auth": {"token": token}}
        if self.mode == "basic":
            users = self._folder / "htpasswd"
            users.write_text(htpasswd())
            return {"auth": {"htpasswd": {"realm": "test", "path": str(users)}}}
        return {}
