"""The predecessor's annotations for features that this webhook does not have, e.g. Vault Agent and consul-template.

A key that would switch such a feature on is refused, because the program would start without its secrets; a key that
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
class UnsupportedAnnotation:
    """One unsupported annotation: its key, the feature it belongs to, and what to do instead if it switches that on."""

    key: str
    mode: str
    instead: str = ""

    def switches_on(self, text: str) -> bool:
        """Return whether an annotation with this value switches the feature on."""
        return bool(self.instead) and bool(text) and not value_types.is_false(text)


_AGENT, _TEMPLATE = "Vault Agent", "consul-template"
UNSUPPORTED = (
    UnsupportedAnnotation("vault-agent", _AGENT, _BY_ITSELF),
    UnsupportedAnnotation("vault-agent-configmap", _AGENT, _AS_VARIABLES),
    UnsupportedAnnotation("vault-ct-configmap", _TEMPLATE, _AS_VARIABLES),
    *(
        UnsupportedAnnotation(key, _AGENT)
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
        UnsupportedAnnotation(key, _TEMPLATE)
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
        UnsupportedAnnotation(key, "AWS provider")
        for key in ("aws-region", "aws-load-from-secret", "credentials-namespace", "credentials-secret-name")
    ),
    UnsupportedAnnotation("inline-mutation", "switch for inline references; they always work"),
)


_ROWS = {key: row for row in UNSUPPORTED for key in spellings(row.key)}


def find_refused(annotations: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each annotation that switches on an unsupported feature."""
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
    """Return a warning for each annotation that only tunes an unsupported feature."""
    return [
        Problem(
            "annotation-ignored",
            annotation_path(key),
            f"annotation {key} has no effect: there is no {_ROWS[key].mode} here",
        )
        for key in annotations
        if key in _ROWS and not _ROWS[key].instead
    ]


def unsupported_keys() -> Set[str]:
    """Return every spelling of every key of the table."""
    return _ROWS.keys()
