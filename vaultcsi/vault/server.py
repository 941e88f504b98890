"""Values for the Vault server of a class and for the login of a pod there: the class over the operator's settings."""

from dataclasses import dataclass
from functools import lru_cache

from vaultcsi.request import MountingPod
from vaultcsi.settings import Settings
from vaultkube.provider_class.parameters import ClassParameters


@dataclass(frozen=True, slots=True)
class Trust:
    """The files that verify and authenticate a connection to Vault, by their names in the provider's container."""

    ca_file: str = ""
    ca_directory: str = ""
    server_name: str = ""
    client_certificate_file: str = ""
    client_key_file: str = ""
    skip_verify: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The files and folders that are named, to be read again when they change."""
        named = (self.ca_file, self.ca_directory, self.client_certificate_file, self.client_key_file)
        return tuple(name for name in named if name)


@dataclass(frozen=True, slots=True)
class VaultServer:
    """A Vault server: its address without a final slash (`unix:///PATH` for a proxy), its namespace, and its trust."""

    address: str
    namespace: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class PodLogin:
    """A login of a pod; each such value has its own token, which no other pod uses."""

    server: VaultServer
    mount: str
    role: str
    audience: str
    namespace: str
    service_account: str
    pod_name: str
    pod_uid: str

    def __str__(self) -> str:
        return (
            f"role {self.role!r}, mount {self.mount}, ServiceAccount {self.namespace}/{self.service_account}"
            + (f", audience {self.audience}" if self.audience else "")
        )


def login_of(pod: MountingPod, parameters: ClassParameters, settings: Settings) -> PodLogin:
    """Return the login of the pod; a value that the class leaves out is from the operator's settings."""
    trust = Trust(
        ca_file=_first(parameters.ca_file, settings.ca_file),
        ca_directory=_first(parameters.ca_directory, settings.ca_directory),
        server_name=_first(parameters.server_name, settings.server_name),
        client_certificate_file=_first(parameters.client_certificate_file, settings.client_certificate_file),
        client_key_file=_first(parameters.client_key_file, settings.client_key_file),
        skip_verify=settings.skip_verify if parameters.skip_verify is None else parameters.skip_verify,
    )
    namespace = _first(parameters.vault_namespace, settings.vault_namespace)
    return PodLogin(
        server=_server(_first(parameters.address, settings.address), namespace, trust),
        mount=_first(parameters.mount, settings.mount),
        role=parameters.role or "",
        audience=parameters.audience or "",
        namespace=pod.namespace,
        service_account=pod.service_account,
        pod_name=pod.name,
        pod_uid=pod.uid,
    )


@lru_cache(maxsize=64)
def _server(address: str, namespace: str, trust: Trust) -> VaultServer:
    """Return one shared value for all pods of the same Vault."""
    return VaultServer(address, namespace, trust)


def _first(class_value: str | None, operators: str) -> str:
    return operators if class_value is None else class_value
