"""A Kubernetes API server with etcd: admission, RBAC and tokens are real; no controller or node acts."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.servers.authority import Authority
from tests.servers.build import program
from tests.servers.endpoint import Endpoint
from tests.servers.etcd import Etcd
from tests.servers.kubectl import Kubectl, kubeconfig
from tests.servers.process import Process, free_port
from tests.servers.vault import Vault

ISSUER = "https://kubernetes.default.svc.cluster.local"


class Cluster:
    """A running API server; `endpoint.token` is a cluster administrator's."""

    issuer = ISSUER

    def __init__(self, folder: Path, authority: Authority, extra_flags: Sequence[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        token, port = secrets.token_urlsafe(16), free_port()
        self._folder = folder
        self.endpoint = Endpoint(f"https://127.0.0.1:{port}", authority.ca_file, token)
        self.kubeconfig = kubeconfig(folder / "admin.json", self.endpoint)
        self.kubectl = Kubectl(self.kubeconfig)
        self._etcd = Etcd(folder / "etcd")
        self._process = Process(
            [program("kube-apiserver"), *self._flags(authority, port), *extra_flags],
            folder / "kube-apiserver.log",
            {"HOME": str(folder)},
        )

    def _flags(self, authority: Authority, port: int) -> list[str]:
        certificate = authority.issue("kube-apiserver", "127.0.0.1", "localhost", "kubernetes.default.svc")
        key, tokens = self._folder / "service-accounts.pem", self._folder / "tokens.csv"
        key.write_bytes(signing_key())
        tokens.write_text(f'{self.endpoint.token},admin,admin,"system:masters"\n')
        return [
            f"--etcd-servers={self._etcd.address}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--advertise-address=192.0.2.1",  # RFC 5737; unused, but without network there is no default
            "--endpoint-reconciler-type=none",
            "--enable-aggregator-routing=true",  # a Service is called at its endpoints: no kube-proxy
            f"--tls-cert-file={certificate.cert_file}",
            f"--tls-private-key-file={certificate.key_file}",
            f"--token-auth-file={tokens}",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            f"--cert-dir={self._folder}",
        ]

    def wait(self) -> None:
        """Return when the API server serves requests and the namespace `default` has its ServiceAccount."""
        self._process.wait_until(lambda: self._says("/readyz"), timeout_s=60)
        self._process.wait_until(lambda: self._says("/api/v1/namespaces/default"))
        self._default_service_account("default")

    def stop(self) -> None:
        """End API server and etcd."""
        self._process.stop()
        self._etcd.stop()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """One request as the administrator: the JSON answer. Raises AssertionError with the Status."""
        answer = self.endpoint.request(method, path, json=body, headers=self._administrator())
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text.strip()}"
        return answer.json()

    def apply(self, manifest: str) -> str:
        """`kubectl apply` of YAML text: what kubectl printed. Raises KubectlFailed with what was refused."""
        return self.kubectl("apply", "-f", "-", stdin=manifest)

    def create_namespace(self, name: str, **labels: str) -> None:
        """Create a namespace with its default ServiceAccount, as the controller-manager would."""
        metadata = {"name": name, "labels": labels}
        self.request("POST", "/api/v1/namespaces", {"metadata": metadata})
        self._default_service_account(name)

    def service_account_token(self, namespace: str, name: str = "default", *audiences: str) -> str:
        """A token by TokenRequest, as the kubelet projects it (audience: the API server's unless given)."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        answer = self.request(
            "POST", path, {"spec": {"audiences": list(audiences) or None, "expirationSeconds": 3600}}
        )
        return str(answer["status"]["token"])

    def kubeconfig_of(self, namespace: str, name: str = "default") -> Path:
        """A kubeconfig file with which a program acts as that ServiceAccount."""
        account = Endpoint(
            self.endpoint.address, self.endpoint.ca_file, self.service_account_token(namespace, name)
        )
        return kubeconfig(self._folder / f"{namespace}-{name}.json", account)

    def _default_service_account(self, namespace: str) -> None:
        self.request(
            "POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "default"}}
        )

    def _says(self, path: str) -> bool:
        try:
            return self.endpoint.get(path, self._administrator()).ok
        except OSError:
            return False

    def _administrator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.endpoint.token}"}


def signing_key() -> bytes:
    """A new private key, PEM, for signing ServiceAccount tokens (ES256)."""
    encoding = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(*encoding)


def trust_in_vault(cluster: Cluster, vault: Vault, mount: str = "kubernetes") -> None:
    """Enable Vault's kubernetes auth for that cluster: Vault checks logins by TokenReview at its API server.

    https://developer.hashicorp.com/vault/docs/auth/kubernetes
    """
    reviewer = {"kind": "ServiceAccount", "name": "vault-reviewer", "namespace": "default"}
    cluster.apply(
        json.dumps({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": reviewer["name"]}})
    )
    cluster.apply(
        json.dumps(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "vault-reviewer"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "system:auth-delegator",
                },
                "subjects": [reviewer],
            }
        )
    )
    vault.write(f"sys/auth/{mount}", {"type": "kubernetes"})
    vault.write(
        f"auth/{mount}/config",
        {
            "kubernetes_host": cluster.endpoint.address,
            "kubernetes_ca_cert": cluster.endpoint.ca_file.read_text(),
            "token_reviewer_jwt": cluster.service_account_token("default", "vault-reviewer"),
            "disable_local_ca_jwt": True,
        },
    )
