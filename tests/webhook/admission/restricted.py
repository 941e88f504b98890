"""PodSecurity `restricted` (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted), as a check of our own.

The API server's own is asked in tests/acceptance; this one is quick enough for generated pods.
"""

from collections.abc import Iterator
from typing import Any

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def violations(spec: dict[str, Any], containers: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the violations of the standard in these containers and in the pod's volumes."""
    for volume in spec.get("volumes") or ():
        for kind in volume.keys() - {"name"} - _VOLUMES:
            yield f"volume {volume['name']}: {kind}"
    for container in containers:
        context = container.get("securityContext") or {}
        for field, good in (
            ("allowPrivilegeEscalation", context.get("allowPrivilegeEscalation") is False),
            ("runAsNonRoot", context.get("runAsNonRoot") is True),
            ("runAsUser", context.get("runAsUser") != 0),
            ("privileged", not context.get("privileged")),
            ("capabilities", context.get("capabilities") == {"drop": ["ALL"]}),
            (
                "seccompProfile",
                (context.get("seccompProfile") or {}).get("type") in ("RuntimeDefault", "Localhost"),
            ),
            ("hostPort", not any(port.get("hostPort") for port in container.get("ports") or ())),
        ):
            if not good:
                yield f"container {container['name']}: {field}"
