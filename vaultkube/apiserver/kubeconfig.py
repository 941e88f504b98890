"""How to reach the API server: from KUBECONFIG, else as the pod that the webhook runs in.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

import base64
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vaultkube.errors import InvalidSetting

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Connection:
    """Where the API server is and how to prove who we are; `token_file` is read for every request, as it rotates."""

    server: str
    ca_file: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    client_certificate: tuple[str, str] | None = None
    namespace: str = "default"

    def headers(self) -> dict[str, str]:
        """Return the Authorization header of the next request."""
        token = Path(self.token_file).read_text(encoding="utf-8").strip() if self.token_file else self.token
        return {"Authorization": f"Bearer {token}"} if token else {}


def find_connection(environ: Mapping[str, str]) -> Connection:
    """Return the connection that KUBECONFIG or the pod's ServiceAccount gives; InvalidSetting if there is neither."""
    if environ.get("KUBECONFIG"):
        return _from_file(Path(environ["KUBECONFIG"]))
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise InvalidSetting("no API server: set KUBECONFIG, or run in a pod with a ServiceAccount token")
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        ca_file=str(_ACCOUNT / "ca.crt"),
        token_file=str(_ACCOUNT / "token"),
        namespace=(_ACCOUNT / "namespace").read_text(encoding="utf-8").strip(),
    )


def _from_file(path: Path) -> Connection:
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = _named(config, "contexts", config["current-context"])["context"]
        cluster = _named(config, "clusters", context["cluster"])["cluster"]
        user = _named(config, "users", context["user"])["user"]
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        raise InvalidSetting(f"KUBECONFIG {path} cannot be used ({type(error).__name__}: {error})") from None
    if "exec" in user or "auth-provider" in user:
        raise InvalidSetting(
            f"KUBECONFIG {path}: the webhook logs in by token or client certificate, not by a plug-in"
        )
    certificate = _file(path, user, "client-certificate"), _file(path, user, "client-key")
    return Connection(
        server=cluster["server"].rstrip("/"),
        ca_file=_file(path, cluster, "certificate-authority"),
        token=user.get("token", ""),
        token_file=str(path.parent / user["tokenFile"]) if user.get("tokenFile") else "",
        client_certificate=certificate if all(certificate) else None,
        namespace=context.get("namespace", "default"),
    )


def _named(config: Any, key: str, name: str) -> dict[str, Any]:
    return next(entry for entry in config[key] if entry["name"] == name)


def _file(kubeconfig: Path, entry: Mapping[str, Any], key: str) -> str:
    """Return the path of a file that the kubeconfig names or holds, or an empty text."""
    if entry.get(key):
        return str(kubeconfig.parent / entry[key])
    if not entry.get(f"{key}-data"):
        return ""
    descriptor, name = tempfile.mkstemp(prefix="vault-webhook-", suffix=".pem")
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64decode(entry[f"{key}-data"]))
    return name
