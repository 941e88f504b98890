"""The ServiceAccount token of a launcher: whether its login needs one, and the container's mount of it.

https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
"""

from vaultkube.value_types import TOKEN_METHODS
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import ACCOUNT_PATH
from webhook.config.annotations import Config
from webhook.pods.environment import OTHER_TOKENS, TOKEN_VARIABLE
from webhook.pods.references import References

_TOKEN_FILE = "VAULT_TOKEN_FILE"  # noqa: S105 (a name)


def needs_account_token(config: Config, references: References) -> bool:
    """Return whether the container's launcher logs in with the token that Kubernetes mounts by default."""
    elsewhere = (
        config.token_audience
        or config.jwt_file
        or config.token_mount
        or config.use_agent
        or _TOKEN_FILE in config.variables
    )
    return config.auth_method in TOKEN_METHODS and not (elsewhere or _has_own_token(references))


def _has_own_token(references: References) -> bool:
    own = references.settings.keys()
    return bool(own & OTHER_TOKENS) or (TOKEN_VARIABLE in own and TOKEN_VARIABLE not in references.rewritten)


def account_mount(container: Container) -> VolumeMount | None:
    """Return the container's mount of a ServiceAccount token: Kubernetes' own, or one from the pod's author."""
    return next(
        (
            mount
            for mount in container.get("volumeMounts") or ()
            if (mount.get("mountPath") or "").rstrip("/") == ACCOUNT_PATH
        ),
        None,
    )
