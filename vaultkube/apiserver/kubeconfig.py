"""The connection to the API server: from KUBECONFIG, else from the ServiceAccount of the program's pod.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

import base64
import binascii
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vaultkube.errors import InvalidSetting
from vaultkube.net.tls import PEM, client_context, load_client_certificate
from vaultkube.wire.pods import ACCOUNT_PATH

NO_KUBECONFIG = (AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError)
"""Errors of a file that is no kubeconfig; their texts may quote a part of it, and so a token."""
NOT_ONE = (
    "it is not YAML, or its current-context does not lead to a cluster with a server, and a user; check it with "
    "kubectl config view"
)
_ACCOUNT = Path(ACCOUNT_PATH)


@dataclass(frozen=True)
class Connection:
    """Address, CA and credentials of an API server; `token_file` is read for every request, as it rotates.

    `server_name` is the name that its certificate must have, if it is not the host of the address.
    """

    server: str
    ca: PEM = PEM()  # noqa: RUF009 (frozen)
    token: str = field(default="", repr=False)
    token_file: str = ""
    client_certificate: tuple[PEM, PEM] | None = None
    skip_verify: bool = False
    namespace: str = "default"
    server_name: str = ""

    def headers(self) -> dict[str, str]:
        """Return the Authorization header of the next request."""
        token = Path(self.token_file).read_text(encoding="utf-8").strip() if self.token_file else self.token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def tls_context(self, *, strict: bool = False) -> ssl.SSLContext:
        """Return a context with the present CA and client certificate; raise OSError or ValueError for unusable ones."""
        context = client_context(self.ca.read(), verify=not self.skip_verify, strict=strict)
        if self.client_certificate:
            load_client_certificate(context, *self.client_certificate)
        return context


def find_connection(environ: Mapping[str, str]) -> Connection:
    """Return the connection of KUBECONFIG or of the pod's ServiceAccount; raise InvalidSetting if there is neither."""
    if environ.get("KUBECONFIG"):
        return _from_file(Path(environ["KUBECONFIG"]))
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise InvalidSetting("no API server: set KUBECONFIG, or run in a pod with a ServiceAccount token")
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        ca=PEM(file=str(_ACCOUNT / "ca.crt")),
        token_file=str(_ACCOUNT / "token"),
        namespace=(_ACCOUNT / "namespace").read_text(encoding="utf-8").strip(),
    )


def _from_file(path: Path) -> Connection:
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = _named(config, "contexts", config["current-context"])["context"]
        cluster = _named(config, "clusters", context["cluster"])["cluster"]
        user = _named(config, "users", context["user"])["user"] or {}
        return _connection(path, context, cluster, user)
    except OSError as error:
        raise InvalidSetting(f"KUBECONFIG {path} cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, *NO_KUBECONFIG):
        raise InvalidSetting(f"KUBECONFIG {path} cannot be used: {NOT_ONE}") from None


def _connection(
    path: Path, context: Mapping[str, Any], cluster: Mapping[str, Any], user: Mapping[str, Any]
) -> Connection:
    if "exec" in user or "auth-provider" in user:
        raise InvalidSetting(
            f"KUBECONFIG {path}: the webhook logs in by token or client certificate, not by a plug-in"
        )
    refuse_proxy(path, cluster.get("proxy-url"))
    certificate = _pem(path, user, "client-certificate"), _pem(path, user, "client-key")
    return Connection(
        server=cluster["server"].rstrip("/"),
        ca=_pem(path, cluster, "certificate-authority"),
        token=user.get("token", ""),
        token_file=str(path.parent / user["tokenFile"]) if user.get("tokenFile") else "",
        client_certificate=certificate if all(certificate) else None,
        skip_verify=cluster.get("insecure-skip-tls-verify") is True,
        namespace=context.get("namespace") or "default",
        server_name=str(cluster.get("tls-server-name") or ""),
    )


def refuse_proxy(kubeconfig: object, proxy: object) -> None:
    """Raise InvalidSetting if the kubeconfig names a proxy: without it the address may lead to another API server, or to none."""
    if proxy:
        raise InvalidSetting(
            f"KUBECONFIG {kubeconfig}: proxy-url is not supported: run this where the API server can be reached without it"
        )


def _named(config: Any, key: str, name: str) -> dict[str, Any]:
    return next(entry for entry in config[key] if entry["name"] == name)


def _pem(kubeconfig: Path, entry: Mapping[str, Any], key: str) -> PEM:
    """Return the PEM that the kubeconfig holds or names under `key`; data wins over a file, as in kubectl."""
    data = entry.get(f"{key}-data")
    if data:
        try:
            return PEM(text=base64.b64decode(data).decode("ascii", "replace"))
        except (binascii.Error, TypeError, ValueError):
            raise InvalidSetting(f"KUBECONFIG {kubeconfig}: {key}-data is not base64") from None
    return PEM(file=str(kubeconfig.parent / entry[key])) if entry.get(key) else PEM()
