"""Annotations of modes that this webhook does not have: Vault Agent and consul-template beside the program.

A key that would switch such a mode on is refused, because the program would start without its secrets; a key that
only tunes one has no effect. Keys: https://bank-vaults.dev/docs/mutating-webhook/annotations/
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from vaultkube import value_types
from vaultkube.problem import Problem
from webhook.config.annotation_keys import annotation_path, spellings

_BY_ITSELF = "vault-env logs in by itself with the pod's ServiceAccount: remove the annotation"
_AS_VARIABLES = "write vault:path#key in the values of env, or name the path in vault-env-from-path, and remove the annotation"


@dataclass(frozen=True)
class Retired:
    """One row: the key, what there is none of here, and, for a key that switches a mode on, what to do instead."""

    key: str
    mode: str
    instead: str = ""

    def switches_on(self, text: str) -> bool:
        """Whether an annotation with this value would start the mode."""
        return bool(self.instead) and bool(text) and not value_types.is_false(text)


_AGENT, _TEMPLATE = "Vault Agent", "consul-template"
RETIRED = (
    Retired("vault-agent", _AGENT, _BY_ITSELF),
    Retired("vault-agent-configmap", _AGENT, _AS_VARIABLES),
    Retired("vault-ct-configmap", _TEMPLATE, _AS_VARIABLES),
    *(
        Retired(key, _AGENT)
        for key in (
            "vault-agent-once",
            "vault-agent-share-process-namespace",
            "vault-agent-cpu",
            "vault-agent-cpu-limit",
            "vault-agent-cpu-request",
            "vault-agent-memory",
            "vault-agent-memory-limit",
            "vault-agent-memory-request",
            "vault-agent-env-variables",
            "vault-image",
            "vault-image-pull-policy",
            "vault-configfile-path",
            "service-account-token-volume-name",
            "vault-service-account-token-volume-name",
        )
    ),
    *(
        Retired(key, _TEMPLATE)
        for key in (
            "vault-ct-image",
            "vault-ct-pull-policy",
            "vault-ct-once",
            "vault-ct-inject-in-initcontainers",
            "vault-ct-share-process-namespace",
            "vault-ct-cpu",
            "vault-ct-memory",
            "vault-ct-secrets-mount-path",
        )
    ),
    *(
        Retired(key, "AWS provider")
        for key in ("aws-region", "aws-load-from-secret", "credentials-namespace", "credentials-secret-name")
    ),
    Retired("inline-mutation", "switch for inline references; they always work"),
)


_ROWS = {key: row for row in RETIRED for key in spellings(row.key)}


def find_refused(annotations: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each annotation that would switch on an unsupported mode."""
    return [
        Problem(
            "annotation-refused",
            annotation_path(key),
            f"annotation {key}: there is no {_ROWS[key].mode} here; {_ROWS[key].instead}",
        )
        for key, text in annotations.items()
        if key in _ROWS and _ROWS[key].switches_on(text)
    ]


def find_ineffective(annotations: Mapping[str, str]) -> list[Problem]:
    """Return a warning for each annotation that only tunes an unsupported mode."""
    return [
        Problem(
            "annotation-ignored",
            annotation_path(key),
            f"annotation {key} has no effect: there is no {_ROWS[key].mode} here",
        )
        for key in annotations
        if key in _ROWS and not _ROWS[key].instead
    ]


def retired_keys() -> Set[str]:
    """Return every spelling of every key of the table."""
    return _ROWS.keys()
