"""A Kubernetes API server with etcd: admission, RBAC and tokens are real; there is no controller and no node."""

import json
import secrets
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
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
_SERVICE = "10.96.0.1"
_ADMINISTRATOR = ("admin", "system:masters")


class Cluster:
    """A running API server; `endpoint.token` is a cluster administrator's."""

    issuer = ISSUER

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        host: str = "127.0.0.1",
        accounts: Sequence[tuple[str, str]] = (),
        flags: Sequence[str] = (),
    ) -> None:
        """Start on `host`; `accounts` are further (user, group) pairs for `kubeconfig_as`, `flags` options of the API server."""
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port(host)
        self._folder = folder
        self._tokens = {user: secrets.token_urlsafe(16) for user, _ in (_ADMINISTRATOR, *accounts)}
        self.endpoint = Endpoint(f"https://{host}:{port}", authority.ca_file, self._tokens[_ADMINISTRATOR[0]])
        self.kubeconfig = self.kubeconfig_as(_ADMINISTRATOR[0])
        self.kubectl = Kubectl(self.kubeconfig)
        self.signing_key = folder / "service-accounts.pem"
        self.signing_key.write_bytes(signing_key())
        self._etcd = Etcd(folder / "etcd")
        known = folder / "tokens.csv"
        known.write_text(
            "".join(
                f'{self._tokens[user]},{user},{user},"{group}"\n'
                for user, group in (_ADMINISTRATOR, *accounts)
            )
        )
        listen = [f"--bind-address={host}", f"--secure-port={port}", f"--token-auth-file={known}"]
        self._process = Process(
            [program("kube-apiserver"), *listen, *self._flags(authority, host), *flags],
            folder / "kube-apiserver.log",
            {"HOME": str(folder)},
        )

    def _flags(self, authority: Authority, host: str) -> list[str]:
        names = (host, "localhost", _SERVICE, "kubernetes", "kubernetes.default", "kubernetes.default.svc")
        certificate = authority.issue("kube-apiserver", *names, ISSUER.removeprefix("https://"))
        return [
            f"--etcd-servers={self._etcd.address}",
            "--advertise-address=192.0.2.1",  # RFC 5737; unused, but without network there is no default
            "--endpoint-reconciler-type=none",
            "--enable-aggregator-routing=true",  # a Service is called at its endpoints: no kube-proxy
            f"--tls-cert-file={certificate.cert_file}",
            f"--tls-private-key-file={certificate.key_file}",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={self.signing_key}",
            f"--service-account-signing-key-file={self.signing_key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            f"--cert-dir={self._folder}",
        ]

    def kubeconfig_as(self, user: str) -> Path:
        """Return a kubeconfig file of the administrator or of one of the `accounts`."""
        own = Endpoint(self.endpoint.address, self.endpoint.ca_file, self._tokens[user])
        return kubeconfig(self._folder / f"{user.replace(':', '-')}.json", own)

    def wait(self) -> None:
        """Return when the API server serves requests and the namespace `default` has its ServiceAccount."""
        self._process.wait_until(lambda: self._says("/readyz"), timeout_s=60)
        self._process.wait_until(lambda: self._says("/api/v1/namespaces/default"))
        self._default_service_account("default")

    def pause(self) -> None:
        """Answer nothing until `resume`, as an API server that hangs; connections stay."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Answer again."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kill API server and etcd: their data is thrown away."""
        self._process.kill()
        self._etcd.stop()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Send one request as the administrator and return the JSON answer; raise AssertionError with the Status."""
        answer = self.answer(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text.strip()}"
        return answer.json()

    def answer(self, method: str, path: str, body: object = None) -> requests.Response:
        """Send one request as the administrator and return the answer, whatever its status."""
        return self.endpoint.request(method, path, json=body, headers=self._administrator())

    def apply(self, manifest: str) -> str:
        """Run `kubectl apply` on YAML text and return its output; raise KubectlFailed with the refusal."""
        return self.kubectl("apply", "-f", "-", stdin=manifest)

    def create_namespace(self, name: str, **labels: str) -> None:
        """Create a namespace with its default ServiceAccount, as the controller-manager would."""
        metadata = {"name": name, "labels": labels}
        self.request("POST", "/api/v1/namespaces", {"metadata": metadata})
        self._default_service_account(name)

    def service_account_token(self, namespace: str, name: str = "default", *audiences: str) -> str:
        """Request a token of the ServiceAccount, as the kubelet does (audience: the API server's unless given)."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        answer = self.request(
            "POST", path, {"spec": {"audiences": list(audiences) or None, "expirationSeconds": 3600}}
        )
        return str(answer["status"]["token"])

    def kubeconfig_of(self, namespace: str, name: str = "default") -> Path:
        """Return a kubeconfig file of that ServiceAccount."""
        account = Endpoint(
            self.endpoint.address, self.endpoint.ca_file, self.service_account_token(namespace, name)
        )
        return kubeconfig(self._folder / f"{namespace}-{name}.json", account)

    def _signal(self, number: signal.Signals) -> None:
        self._process.send(number)
        self._etcd.send(number)

    def _default_service_account(self, namespace: str) -> None:
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        body = {"metadata": {"name": "default"}}
        made = self.answer("POST", path, body)
        assert made.status_code in (201, 409), made.text  # 409: a controller-manager was faster

    def _says(self, path: str) -> bool:
        try:
            return self.endpoint.get(path, self._administrator()).ok
        except OSError:
            return False

    def _administrator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.endpoint.token}"}


def signing_key() -> bytes:
    """Return a new private key in PEM for signing ServiceAccount tokens (ES256)."""
    encoding = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(*encoding)


REVIEWER = "token-reviewer"
"""The ServiceAccount with whose token Vault asks the API server; docs/examples has one of another name, which a test deletes."""


def trust_in_vault(cluster: Cluster, vault: Vault, mount: str = "kubernetes") -> None:
    """Enable Vault's kubernetes auth for that cluster: Vault checks logins by TokenReview at its API server.

    https://developer.hashicorp.com/vault/docs/auth/kubernetes
    """
    reviewer = {"kind": "ServiceAccount", "name": REVIEWER, "namespace": "default"}
    cluster.apply(
        json.dumps({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": reviewer["name"]}})
    )
    cluster.apply(
        json.dumps(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": REVIEWER},
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
            "token_reviewer_jwt": cluster.service_account_token("default", REVIEWER),
            "disable_local_ca_jwt": True,
        },
    )
