"""Logins in place of pods: with a token of the pod's own ServiceAccount, at the pod's Vault."""

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.methods import KubernetesLogin
from vaultsync.reload.reads import PodLogin
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.server import Identity, Server
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Token


class Logins:
    """Provides the identities and tokens of pods; safe to share between threads."""

    def __init__(self, sessions: Sessions, authorities: Authorities, ca_file: str) -> None:
        """`ca_file` holds the CA of Vault for pods that name none of their own; empty: the system's."""
        self._sessions = sessions
        self._authorities = authorities
        self._ca_file = ca_file

    def identity(self, login: PodLogin, namespace: str, deadline: Deadline) -> Identity:
        """Return the identity of a pod in a namespace; raise ReferenceRefused or Refused for a missing CA."""
        return Identity(
            server=Server(
                address=login.address,
                ca=login.ca or self._ca(login, namespace, deadline),
                server_name=login.server_name,
                skip_verify=login.skip_verify,
                headers=login.headers,
            ),
            vault_namespace=login.vault_namespace,
            method="kubernetes",
            mount=login.mount,
            login=KubernetesLogin(
                role=login.role,
                service_account=login.service_account,
                audiences=(login.audience,) if login.audience else (),
            ),
            namespace=namespace,
        )

    def token(self, identity: Identity, deadline: Deadline) -> Token:
        """Return a token of the identity, which all its workloads share; raise SyncError or Refused."""
        return self._sessions.token(identity, deadline)

    def _ca(self, login: PodLogin, namespace: str, deadline: Deadline) -> str:
        trust = ConnectionSpec(address=login.address, ca_secret=login.ca_secret, ca_file=self._ca_file)
        return self._authorities.read(trust, namespace, deadline, entry=login.ca_key or "ca.crt")
