"""The policy for classes: allowed addresses of Vault, and allowed paths by the pod's namespace. Pure.

The webhook has the same policy, under the same variables: docs/path-policy.md.
"""

from collections.abc import Iterator

from vaultcsi.request import Mount
from vaultcsi.settings import Settings
from vaultkube.errors import ForbiddenAddress
from vaultkube.policy.addresses import check_address
from vaultkube.policy.paths import PathPolicy, RequestedPath, foreign_namespace
from vaultkube.problem import Problem
from vaultkube.provider_class.objects import OBJECTS
from vaultkube.provider_class.parameters import PARAMETERS

WARNED = "path-warned"


def policy_problems(mount: Mount, settings: Settings) -> list[Problem]:
    """Return the problems of a forbidden address and of forbidden paths; those of rule WARNED only cause a warning."""
    return [*_address_problems(mount, settings), *_path_problems(mount, settings)]


def _address_problems(mount: Mount, settings: Settings) -> Iterator[Problem]:
    address = mount.parameters.address
    if address is None or not settings.address_allow_list:
        return
    try:
        check_address(address, settings.address, settings.address_allow_list, allow_private=True)
    except ForbiddenAddress as error:
        yield Problem("vault-address", (*PARAMETERS, "vaultAddress"), f"vaultAddress: {error}")


def _path_problems(mount: Mount, settings: Settings) -> list[Problem]:
    policy = PathPolicy(settings.path_patterns, settings.path_policy_mode == "enforce")
    namespace = foreign_namespace(
        mount.parameters.vault_namespace or settings.vault_namespace, settings.vault_namespace
    )
    requested = (
        RequestedPath(
            (*OBJECTS, number, "secretPath"), f"objects[{number}]", secret_object.request.path, namespace
        )
        for number, secret_object in enumerate(mount.parameters.objects)
    )
    return policy.violations(requested, mount.pod.namespace)
