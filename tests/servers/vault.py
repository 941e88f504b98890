"""HashiCorp Vault (or OpenBao) with a TLS listener, initialised and unsealed."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.authority import Authority
from tests.servers.build import program
from tests.servers.endpoint import Endpoint
from tests.servers.process import Process, free_port


class VaultRefused(AssertionError):
    """Vault answered a helper's request with an error."""


class Vault:
    """A running Vault; its data is in memory, or in `folder` if it must survive `stop` and `start`."""

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        host: str = "127.0.0.1",
        *names: str,
        port: int = 0,
        durable: bool = False,
    ) -> None:
        """Prepare to listen on `host` and `port` (0: any), with a certificate for `host` and `names`.

        A `durable` Vault keeps its data when it stops.
        """
        folder.mkdir(parents=True, exist_ok=True)
        port = port or free_port(host)
        self._folder = folder
        self._authority = authority
        self._certificate = authority.issue("vault", host, *names)
        self._listen = f"{host}:{port}"
        self._cluster = f"{host}:{free_port(host)}"
        self._durable = durable
        self._process: Process | None = None
        self._key = ""
        self.environ: dict[str, str] = {}
        """Variables for the process, besides HOME; to be set before `begin`."""
        self.endpoint = Endpoint(f"https://{self._listen}", authority.ca_file)

    @property
    def address(self) -> str:
        """The value for VAULT_ADDR."""
        return self.endpoint.address

    @property
    def ca_file(self) -> Path:
        """The value for VAULT_CACERT."""
        return self.endpoint.ca_file

    @property
    def token(self) -> str:
        """The root token."""
        return self.endpoint.token

    def begin(self) -> None:
        """Start the process without waiting for it."""
        configuration = self._folder / "vault.json"
        configuration.write_text(json.dumps(self._configuration(), indent=1))
        self._process = Process(
            [program("vault"), "server", f"-config={configuration}"],
            self._folder / "vault.log",
            {"HOME": str(self._folder), **self.environ},
        )

    def start(self) -> None:
        """Start the process (unless `begin` did), initialise Vault the first time, and unseal it."""
        if not self._process:
            self.begin()
        assert self._process
        self._process.wait_until(lambda: self.endpoint.answers("/v1/sys/health", 200, 429, 501, 503))
        if not self._key:
            self._initialise()
        self.unseal()

    def stop(self) -> None:
        """End the process; the data of a durable Vault stays, sealed."""
        if self._process:
            self._process.stop()
            self._process = None

    def seal(self) -> None:
        """Seal Vault: every request is answered 503 until `unseal`."""
        self.request("PUT", "sys/seal")

    def unseal(self) -> None:
        """Unseal Vault and return when it serves requests."""
        self.request("PUT", "sys/unseal", {"key": self._key})
        assert self._process
        self._process.wait_until(lambda: self.endpoint.answers("/v1/sys/health"))

    def request(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        """Send one request to `/v1/<path>`, as root unless a token is given, and return the JSON answer or None.

        Raises VaultRefused on any error status.
        """
        headers = {"X-Vault-Token": self.token if token is None else token}
        answer = self.endpoint.request(method, f"/v1/{path}", headers=headers, json=body)
        if not answer.ok:
            raise VaultRefused(f"{method} {path}: {answer.status_code} {answer.text.strip()}")
        return answer.json() if answer.content else None

    def write(self, path: str, data: dict[str, object]) -> Any:
        """Write an object; on KV version 2, `path` contains `data/` and `data` is `{"data": {…}}`."""
        return self.request("POST", path, data)

    def read(self, path: str, token: str | None = None) -> Any:
        """The `data` of a read."""
        return self.request("GET", path, token=token)["data"]

    def put_secret(self, path: str, **keys: object) -> None:
        """Write a secret to KV version 2, e.g. at `secret/data/app`; the mount is made when it is missing."""
        mount = path.partition("/data/")[0]
        if f"{mount}/" not in self.read("sys/mounts"):
            self.mount(mount)
        self.write(path, {"data": keys})

    def mount(self, path: str, kind: str = "kv", **options: str) -> None:
        """Mount a secrets engine; KV is version 2 unless `version="1"` is given."""
        chosen = {"version": "2", **options} if kind == "kv" else options
        self.write(f"sys/mounts/{path}", {"type": kind, "options": chosen})
        if chosen.get("version") == "2":  # the upgrade to version 2 goes on after the answer
            assert self._process
            self._process.wait_until(lambda: self._serves(path))

    def policy(self, name: str, rules: str) -> None:
        """Write an ACL policy, e.g. `path "secret/data/app" { capabilities = ["read"] }`."""
        self.request("PUT", f"sys/policies/acl/{name}", {"policy": rules})

    def new_token(self, *policies: str, **options: object) -> str:
        """A token that has only these policies (options as of `auth/token/create`)."""
        answer = self.write(
            "auth/token/create", {"policies": list(policies), "no_default_policy": True, **options}
        )
        return str(answer["auth"]["client_token"])

    @contextmanager
    def counted(self, folder: Path) -> Iterator[Counter[str]]:
        """Yield a counter that has the number of requests for each path after the `with` statement.

        An audit device in a file of `folder` counts; requests of `sys/` are left out.
        """
        log, paths = folder / "audit.log", Counter[str]()
        device = f"sys/audit/{folder.name}"
        self.write(device, {"type": "file", "options": {"file_path": str(log)}})
        try:
            yield paths
        finally:
            self.request("DELETE", device)
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        requested = (entry["request"]["path"] for entry in entries if entry["type"] == "request")
        paths.update(path for path in requested if not path.startswith("sys/"))

    def _serves(self, mount: str) -> bool:
        return self.endpoint.get(f"/v1/{mount}/config", {"X-Vault-Token": self.token}).ok

    def _initialise(self) -> None:
        answer = self.request("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self._key = answer["keys"][0]
        self.endpoint = Endpoint(self.address, self.ca_file, answer["root_token"])

    def _configuration(self) -> dict[str, object]:
        listener = {
            "address": self._listen,
            "cluster_address": self._cluster,
            "tls_cert_file": str(self._certificate.cert_file),
            "tls_key_file": str(self._certificate.key_file),
        }
        return {
            "storage": self._raft() if self._durable else {"inmem": {}},
            "listener": {"tcp": listener},
            "api_addr": self.address,
            "cluster_addr": f"https://{self._cluster}",
            "disable_mlock": True,
        }

    def _raft(self) -> dict[str, object]:
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        return {"raft": {"path": str(data), "node_id": "tests", "performance_multiplier": 1}}
