"""The annotations of Bank-Vaults' helper containers beside the program: Vault Agent and consul-template.

https://bank-vaults.dev/docs/mutating-webhook/vault-agent-templating/ and consul-template/ of the same site
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.value_types import BOOLEAN, IMAGE, LINE, PULL_POLICY, QUANTITY, ValueType, optional
from vaultkube.wire.containers import EnvVar
from vaultkube.wire.pods import ACCOUNT_PATH
from webhook.config.annotation_row import annotation

_FIELDS: Mapping[str, type] = {"name": str, "value": str, "valueFrom": dict}
_NAMES = (
    *_FIELDS,
    *("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"),
    *(
        "apiVersion",
        "fieldPath",
        "containerName",
        "resource",
        "divisor",
        "key",
        "optional",
        "volumeName",
        "path",
    ),
)
"""The fields of an EnvVar and of its sources."""
_BY_LOWER = {name.lower(): name for name in _NAMES}
_LEVELS = 3
SECRETS_PATH = "/vault/secrets"


def _variables(text: str) -> tuple[EnvVar, ...]:
    try:
        entries = json.loads(text or "[]")
    except RecursionError:
        raise ValueError(text) from None
    if not isinstance(entries, list):
        raise ValueError(text)
    return tuple(_variable(entry) for entry in entries)


def _variable(entry: object) -> EnvVar:
    """Return the variable; the names of its fields may be in any case, and null is none, as in Go's JSON decoder."""
    if not isinstance(entry, dict):
        raise ValueError(entry)
    found: dict[Any, Any] = _spelled(entry, _LEVELS)
    if not all(isinstance(value, _FIELDS.get(name, ())) for name, value in found.items()):
        raise ValueError(entry)
    if not found.get("name"):
        raise ValueError(entry)
    variable: EnvVar = found  # type: ignore[assignment]
    return variable


def _spelled(value: Any, levels: int) -> Any:
    if not levels or not isinstance(value, dict):
        return value
    return {
        _BY_LOWER.get(name.lower(), name): _spelled(each, levels - 1)
        for name, each in value.items()
        if each is not None
    }


def _mount_path(text: str) -> str:
    path = text.rstrip("/")
    if (
        not path.startswith("/")
        or ":" in path
        or any(part in ("", ".", "..") for part in path[1:].split("/"))
    ):
        raise ValueError(text)
    return path


ENV_VARIABLES = ValueType(
    'a JSON array of variables as a container has them, such as [{"name": "A", "value": "b"}], or nothing',
    _variables,
)
MOUNT_PATH = ValueType("an absolute path without .. and :", _mount_path)


@dataclass(frozen=True)
class HelperAnnotations:
    """The fields of `Config` for helpers."""

    use_agent: bool = annotation(
        "vault-agent",
        BOOLEAN,
        "false",
        setting="VAULT_AGENT",
        help="one login for the pod: the init container vault-agent writes the token to /vault/.vault-token, and the containers with references read it there",
    )
    agent_configmap: str = annotation(
        "vault-agent-configmap",
        LINE,
        "",
        help="a ConfigMap whose `config.hcl` HashiCorp's agent runs with, beside the program; with vault-agent also set, only for that login",
    )
    agent_once: bool = annotation(
        "vault-agent-once", BOOLEAN, "false", help="that agent ends after its login and its first templates"
    )
    agent_share_processes: bool | None = annotation(
        "vault-agent-share-process-namespace",
        optional(BOOLEAN),
        "",
        help="with vault-agent-configmap the containers see each other's processes; default: true, unless the pod says something",
    )
    agent_cpu: str | None = annotation(
        "vault-agent-cpu", optional(QUANTITY), "", help="an older name of vault-agent-cpu-limit, which wins"
    )
    agent_cpu_limit: str = annotation(
        "vault-agent-cpu-limit", QUANTITY, "100m", help="CPU limit of the agent of vault-agent-configmap"
    )
    agent_cpu_request: str = annotation("vault-agent-cpu-request", QUANTITY, "100m", help="its CPU request")
    agent_memory: str | None = annotation(
        "vault-agent-memory",
        optional(QUANTITY),
        "",
        help="an older name of vault-agent-memory-limit, which wins",
    )
    agent_memory_limit: str = annotation(
        "vault-agent-memory-limit", QUANTITY, "128Mi", help="its memory limit"
    )
    agent_memory_request: str = annotation(
        "vault-agent-memory-request", QUANTITY, "128Mi", help="its memory request"
    )
    agent_variables: tuple[EnvVar, ...] = annotation(
        "vault-agent-env-variables", ENV_VARIABLES, "", help="further variables of that agent"
    )
    agent_image: str = annotation(
        "vault-image",
        IMAGE,
        "hashicorp/vault:latest",
        setting="VAULT_IMAGE",
        help="the image of HashiCorp's agent, for vault-agent-configmap; name one with a version",
    )
    agent_pull_policy: str = annotation(
        "vault-image-pull-policy",
        PULL_POLICY,
        "IfNotPresent",
        setting="VAULT_IMAGE_PULL_POLICY",
        help="its pull policy",
    )
    files_path: str | None = annotation(
        "vault-configfile-path",
        optional(MOUNT_PATH),
        "",
        help="where the files that a helper writes are mounted; default: vault-ct-secrets-mount-path",
    )
    template_configmap: str = annotation(
        "vault-ct-configmap",
        LINE,
        "",
        help="a ConfigMap whose `config.hcl` consul-template runs with, beside the program, with the token of the init container vault-agent",
    )
    template_image: str = annotation(
        "vault-ct-image",
        IMAGE,
        "hashicorp/consul-template:0.32.0",
        setting="VAULT_CT_IMAGE",
        help="the image of consul-template",
    )
    template_pull_policy: str = annotation(
        "vault-ct-pull-policy",
        PULL_POLICY,
        "IfNotPresent",
        setting="VAULT_CT_PULL_POLICY",
        help="its pull policy",
    )
    template_once: bool = annotation(
        "vault-ct-once",
        BOOLEAN,
        "false",
        help="consul-template is an init container that writes the files once",
    )
    template_in_init_containers: bool = annotation(
        "vault-ct-inject-in-initcontainers",
        BOOLEAN,
        "false",
        help="with vault-ct-once, the init containers get the files too",
    )
    template_share_processes: bool | None = annotation(
        "vault-ct-share-process-namespace",
        optional(BOOLEAN),
        "",
        help="with vault-ct-configmap the containers see each other's processes; default: true, unless the pod says something",
    )
    template_cpu: str = annotation("vault-ct-cpu", QUANTITY, "100m", help="CPU limit of consul-template")
    template_memory: str = annotation("vault-ct-memory", QUANTITY, "128Mi", help="its memory limit")
    template_files_path: str = annotation(
        "vault-ct-secrets-mount-path",
        MOUNT_PATH,
        SECRETS_PATH,
        help="an older name of vault-configfile-path",
    )
    account_path: str = annotation(
        "service-account-token-volume-name",
        MOUNT_PATH,
        ACCOUNT_PATH,
        setting="SERVICE_ACCOUNT_TOKEN_VOLUME_NAME",
        successor="vault-service-account-token-volume-name",
        help="where the containers mount the ServiceAccount token that helpers log in with: a path, in spite of its name",
    )
