"""The annotations for the containers that the webhook adds to a pod, and for reading its images."""

from collections.abc import Mapping
from dataclasses import dataclass

from vaultkube.value_types import BOOLEAN, COUNT, ENTRY_POINTS, optional
from webhook.config.annotation_row import annotation
from webhook.config.sidecar import PROBES, SIDECAR, Sidecar


@dataclass(frozen=True)
class PodAnnotations:
    """The fields of `Config` for the init container, images, and the agent that writes files."""

    run_as_user: int = annotation(
        "run-as-user", COUNT, "0", setting="RUN_AS_USER", help="the init container's user; 0: the image's own"
    )
    run_as_group: int = annotation(
        "run-as-group",
        COUNT,
        "0",
        setting="RUN_AS_GROUP",
        help="the init container's group; 0: the image's own",
    )
    run_as_non_root: bool = annotation(
        "run-as-non-root",
        BOOLEAN,
        "true",
        setting="RUN_AS_NON_ROOT",
        help="the init container must not run as root",
    )
    allow_privilege_escalation: bool = annotation(
        "psp-allow-privilege-escalation",
        BOOLEAN,
        "false",
        setting="PSP_ALLOW_PRIVILEGE_ESCALATION",
        help="let the init container gain privileges",
    )
    readonly_root_fs: bool = annotation(
        "readonly-root-fs",
        BOOLEAN,
        "true",
        setting="READONLY_ROOT_FS",
        help="the init container's root file system is read-only",
    )
    registry_skip_verify: bool = annotation(
        "registry-skip-verify",
        BOOLEAN,
        "false",
        setting="REGISTRY_SKIP_VERIFY",
        help="do not verify the registry's certificate; ignored unless the operator sets REGISTRY_ALLOW_SKIP_VERIFY",
    )
    entry_points: Mapping[str, tuple[str, ...]] | None = annotation(
        "entrypoint",
        optional(ENTRY_POINTS),
        "",
        help="the images' entry points, by container, instead of asking the registry",
    )
    sidecar: Sidecar = annotation(
        "vault-agent-sidecar",
        SIDECAR,
        "auto",
        setting="VAULT_AGENT_SIDECAR",
        help="for files of HashiCorp's annotations, and for vault-agent-configmap and vault-ct-configmap: the agent as an init container and a container beside the program (container), as one init container that stays (native), or native in pods that end by themselves, as those of Jobs (auto): see docs/hashicorp-files.md",
    )
    secrets_writable: bool = annotation(
        "vault-agent-secrets-writable",
        BOOLEAN,
        "false",
        setting="VAULT_AGENT_SECRETS_WRITABLE",
        help="the containers may write into the volumes of such files",
    )
    agent_probes: tuple[str, ...] = annotation(
        "vault-agent-probes",
        PROBES,
        "",
        setting="VAULT_AGENT_PROBES",
        help="probes of the agent beside the program: readiness (the files are there), liveness",
    )
