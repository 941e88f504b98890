"""The annotations of the launcher: the commands that it starts, its variables, and the way it gets into the pod."""

from dataclasses import dataclass

from vaultkube.value_types import BOOLEAN, CONTAINERS, DURATION, IMAGE, LOG_LEVEL, PULL_POLICY, TEXT, optional
from webhook.config.annotation_row import annotation
from webhook.config.delivery import DELIVERY, Delivery


@dataclass(frozen=True)
class LauncherAnnotations:
    """The fields of `Config` for the launcher of a container."""

    mutate_probes: bool = annotation(
        "mutate-probes",
        BOOLEAN,
        "false",
        help="also start exec probes through the launcher; each run calls Vault unless vault-env-reuse is true",
    )
    reuse: bool = annotation(
        "vault-env-reuse",
        BOOLEAN,
        "false",
        setting="VAULT_ENV_REUSE",
        variable="VAULT_ENV_REUSE",
        help="programs started in the container later (probes, hooks, kubectl exec) reuse the values of the running program, and read Vault only in doubt",
    )
    mutate_lifecycle_hooks: bool = annotation(
        "mutate-lifecycle-hooks",
        BOOLEAN,
        "false",
        help="also start the exec commands of postStart and preStop through the launcher; each run calls Vault unless vault-env-reuse is true",
    )
    from_path: str = annotation(
        "vault-env-from-path",
        TEXT,
        "",
        variable="VAULT_ENV_FROM_PATH",
        successor="vault-from-path",
        help="add all keys of these paths, `path[#version]`, with commas between them",
    )
    from_path_include: tuple[str, ...] = annotation(
        "vault-env-from-path-include",
        CONTAINERS,
        "",
        successor="vault-from-path-include",
        help="the only containers that get the keys of vault-env-from-path; default: all",
    )
    from_path_exclude: tuple[str, ...] = annotation(
        "vault-env-from-path-exclude",
        CONTAINERS,
        "",
        successor="vault-from-path-exclude",
        help="containers that do not get the keys of vault-env-from-path",
    )
    passthrough: str = annotation(
        "vault-env-passthrough",
        TEXT,
        "",
        setting="VAULT_ENV_PASSTHROUGH",
        variable="VAULT_ENV_PASSTHROUGH",
        successor="vault-passthrough",
        help="variables of the launcher that the program shall also see, with commas between them",
    )
    daemon: bool = annotation(
        "vault-env-daemon",
        BOOLEAN,
        "false",
        setting="VAULT_ENV_DAEMON",
        variable="VAULT_ENV_DAEMON",
        successor="secret-init-daemon",
        help="stay as the program's parent and renew its leases",
    )
    delay_s: float | None = annotation(
        "vault-env-delay",
        optional(DURATION),
        "",
        setting="VAULT_ENV_DELAY",
        variable="VAULT_ENV_DELAY",
        successor="secret-init-delay",
        help="wait this long before the program starts",
    )
    launcher_image: str = annotation(
        "vault-env-image",
        IMAGE,
        "",
        setting="VAULT_ENV_IMAGE",
        successor="secret-init-image",
        help="the image that holds the launcher",
    )
    launcher_pull_policy: str = annotation(
        "vault-env-image-pull-policy",
        PULL_POLICY,
        "IfNotPresent",
        setting="VAULT_ENV_PULL_POLICY",
        successor="secret-init-image-pull-policy",
        help="its pull policy",
    )
    delivery: Delivery = annotation(
        "vault-env-delivery",
        DELIVERY,
        "auto",
        setting="VAULT_ENV_DELIVERY",
        help="how the launcher gets into the pod: from its image as a volume (image), copied by an init container (init), or whichever every node can that the pod may run on (auto): see docs/delivery.md",
    )
    json_log: bool = annotation(
        "enable-json-log",
        BOOLEAN,
        "false",
        setting="ENABLE_JSON_LOG",
        variable="VAULT_JSON_LOG",
        successor="secret-init-json-log",
        help="the launcher logs JSON",
    )
    log_level: str | None = annotation(
        "log-level",
        optional(LOG_LEVEL),
        "",
        setting="LOG_LEVEL",
        variable="VAULT_LOG_LEVEL",
        successor="vault-log-level",
        help="the launcher's log level; a VAULT_LOG_LEVEL of the container itself wins",
    )
