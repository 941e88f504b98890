"""The transit key for the ciphertexts of a container: the annotation's, else the container's own."""

from collections.abc import Iterator

from vaultkube.problem import Problem
from webhook.config import transit
from webhook.config.annotations import Config
from webhook.pods.environment import TRANSIT_KEY_VARIABLE, TRANSIT_MOUNT_VARIABLE
from webhook.pods.references import References


def transit_problems(references: References, config: Config) -> Iterator[Problem]:
    """Yield a problem for each variable with a ciphertext without a transit key."""
    if not config.transit_key and TRANSIT_KEY_VARIABLE not in references.settings:
        for name in references.ciphertexts:
            yield Problem("transit-key", references.places[name], f"variable {name}: {transit.NO_KEY}")


def decrypt_path(references: References, config: Config) -> str | None:
    """Return the path in Vault that decrypts the container's ciphertexts; None if only the kubelet knows it."""
    mount = config.transit_path or _own(references, TRANSIT_MOUNT_VARIABLE)
    key = config.transit_key or _own(references, TRANSIT_KEY_VARIABLE)
    return None if mount is None or key is None else transit.decrypt_path(mount, key)


def is_operators(references: References, config: Config) -> bool:
    """Return whether key and mount are the operator's settings."""
    own_mount = not config.transit_path and TRANSIT_MOUNT_VARIABLE in references.settings
    return transit.is_operators(config) and not own_mount


def _own(references: References, name: str) -> str | None:
    variable = references.settings.get(name)
    return "" if variable is None else variable.text()
