"""Provisioning by the operator: the watch of labelled namespaces, with a login of the operator's own at their Vault."""

from collections.abc import Callable

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting
from vaultkube.provisioning.layout import Layout, is_namespace
from vaultkube.provisioning.steps import Provisioning, ProvisioningFailed
from vaultkube.provisioning.watcher import Watcher
from vaultkube.sync_resources.connection import ConnectionSpec
from vaultkube.sync_resources.methods import KubernetesLogin
from vaultkube.vault.client import new_client
from vaultsync.errors import SyncError
from vaultsync.settings import Settings
from vaultsync.vault.authorities import Authorities
from vaultsync.vault.server import Identity, Server
from vaultsync.vault.sessions import Sessions

_BUDGET_S = 30.0
_REMEDY = "check PROVISION_VAULT_ADDR, VAULT_CACERT and the policy of PROVISION_ROLE"


def check_settings(settings: Settings) -> None:
    """Raise InvalidSetting for settings of provisioning that cannot be used together."""
    if not settings.provision_cluster:
        return
    if not settings.provision_address:
        raise InvalidSetting("PROVISION_CLUSTER needs the address of Vault: set PROVISION_VAULT_ADDR")
    if is_namespace(settings.provision_role):
        raise InvalidSetting(
            "PROVISION_ROLE must not be a name that a namespace can have: its role would be written over"
        )


def new_watcher(
    settings: Settings,
    connection: Connection,
    namespace: str,
    sessions: Sessions,
    authorities: Authorities,
    log: Callable[[str], None],
) -> Watcher:
    """Return the watch of labelled namespaces, which calls `log` with a line for each thing made.

    `namespace` is the operator's.
    """
    layout = Layout(
        settings.provision_cluster,
        audience=settings.provision_audience,
        one_policy=settings.provision_one_policy,
    )

    def new_steps() -> Provisioning:
        deadline = Deadline(_BUDGET_S)
        try:
            address, ca_file = settings.provision_address, settings.vault_ca_file
            ca = authorities.read(ConnectionSpec(address=address, ca_file=ca_file), namespace, deadline)
            identity = _identity(settings, namespace, ca)
            token = sessions.token(identity, deadline)
        except SyncError as error:
            raise ProvisioningFailed(str(error)) from error
        client = new_client(
            address,
            ca=ca,
            namespace=identity.vault_namespace,
            token=token.value,
            remaining_s=deadline.remaining_s,
        )
        return Provisioning(client, layout, log, _REMEDY)

    return Watcher(connection, new_steps)


def _identity(settings: Settings, namespace: str, ca: str) -> Identity:
    return Identity(
        server=Server(settings.provision_address, ca),
        vault_namespace=settings.vault_namespace,
        method="kubernetes",
        mount=settings.provision_cluster,
        login=KubernetesLogin(
            role=settings.provision_role, service_account=settings.provision_account, audiences=()
        ),
        namespace=namespace,
    )
