"""Pods of every shape that the API server accepts, with references in the places where they count."""

import json
from typing import Any

from hypothesis import strategies as st

from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX

REFERENCE = "vault:secret/data/app#password"
CIPHERTEXT = "vault:v1:aGVsbG8="
VALUES = st.sampled_from(
    [
        *("x", "", REFERENCE, "a ${vault:a/b#c} b", ">>vault:a/b#c", "é ☃ ${vault:a/b#c#?💥}"),
        *("vault:8200", "$(A)", "$$(A)", "vault:$(FIELD)#k", "vault:$(NOBODY)#k", "a\nb", "$"),
        *(CIPHERTEXT, f"x ${{{CIPHERTEXT}}}", r"\vault:a#b", r"x \${vault:a#b}"),
    ]
)
HANDLERS = st.sampled_from([{"exec": {"command": ["check", "$(A)"]}}, {"httpGet": {"port": 80, "path": "/"}}])
RESOURCES = st.sampled_from(
    [
        {},
        {"requests": {"cpu": "10m"}},
        {"limits": {"cpu": "1", "memory": "1Gi"}},
        {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}},
        {"limits": {"cpu": "0.5", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1024Mi"}},
        {"limits": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}, "requests": {"cpu": "0"}},
        {"requests": {"ephemeral-storage": "1Gi"}},
        {"requests": {"cpu": "0"}},
    ]
)
SECURITY = st.sampled_from(
    [
        *(
            {},
            {"runAsUser": 0},
            {"runAsUser": 1000},
            {"readOnlyRootFilesystem": True},
            {"runAsNonRoot": False},
        ),
        {"seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "RuntimeDefault"}},
        {"runAsGroup": 5, "seLinuxOptions": {"level": "s0"}, "procMount": "Default"},
    ]
)
FIELD = {"name": "FIELD", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.hostIP"}}}
NAMES = st.sampled_from(["A", "B", "VAULT_ADDR", "VAULT_LOG_LEVEL", "VAULT_NAMESPACE", "VAULT_ENV_FROM_PATH"])
PAIRS = st.tuples(NAMES, VALUES).filter(lambda pair: pair[0] in ("A", "B") or "\n" not in pair[1])
"""The launcher takes a line break in none of its variables here but VAULT_ENV_FROM_PATH: the webhook refuses that."""
ENV = st.lists(PAIRS, max_size=4).map(
    lambda pairs: [FIELD, *({"name": name, "value": value} for name, value in pairs)]
)
COMMON = {
    "env": ENV,
    "args": st.lists(st.sampled_from(["x", "$(A)", "$$", ""]), max_size=2),
    "resources": RESOURCES,
    "securityContext": SECURITY,
    "workingDir": st.just("/tmp"),
    "volumeMounts": st.sampled_from(
        [
            [],
            [{"name": "data", "mountPath": "/data"}],
            [{"name": "data", "mountPath": "/vault/data"}],
            [{"name": "data", "mountPath": "/vault-tls/more", "readOnly": True}],
        ]
    ),
}
HANDLED = {
    "livenessProbe": HANDLERS,
    "readinessProbe": HANDLERS,
    "startupProbe": HANDLERS,
    "lifecycle": st.fixed_dictionaries({}, optional={"preStop": HANDLERS, "postStart": HANDLERS}),
}


def _containers(prefix: str, least: int, **optional: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    fields = {
        "image": st.just("app:1"),
        "command": st.sampled_from(
            [["/app", "-v"], ["/vault/vault-env", "/app"], ["sh", "-c", "echo $A $(A)"]]
        ),
    }
    one = st.fixed_dictionaries(fields, optional={**COMMON, **optional})
    return st.lists(one, min_size=least, max_size=2).map(
        lambda found: [{"name": f"{prefix}{index}", **each} for index, each in enumerate(found)]
    )


OF_PODS = ("runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile")
SPECS = st.fixed_dictionaries(
    {
        "containers": _containers("app-", 1, **HANDLED),
        "volumes": st.just([{"name": "data", "emptyDir": {}}]),
    },
    optional={
        "initContainers": st.one_of(
            _containers("first-", 0),
            _containers("sidecar-", 0, **HANDLED).map(
                lambda found: [{**each, "restartPolicy": "Always"} for each in found]
            ),
        ),
        "securityContext": SECURITY.map(lambda found: {k: v for k, v in found.items() if k in OF_PODS}),
        "automountServiceAccountToken": st.booleans(),
        "resources": st.just({"limits": {"cpu": "8", "memory": "16Gi"}}),
        "shareProcessNamespace": st.just(True),
        "terminationGracePeriodSeconds": st.just(5),
        "nodeSelector": st.just({"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}),
        "tolerations": st.just([{"key": "k", "operator": "Exists", "effect": "NoSchedule"}]),
        "restartPolicy": st.sampled_from(["Always", "Never"]),
    },
)
ANNOTATIONS = st.fixed_dictionaries(
    {},
    optional={
        PREFIX + "mutate-probes": st.sampled_from(["true", "false"]),
        PREFIX + "mutate-lifecycle-hooks": st.just("true"),
        PREFIX + "vault-env-from-path": st.sampled_from(["secret/data/app", "kv/a#2,kv/b"]),
        PREFIX + "vault-env-from-path-exclude": st.just("app-0"),
        PREFIX + "vault-tls-secret": st.just("vault-ca"),
        PREFIX + "vault-token-audience": st.just("vault"),
        PREFIX + "token-auth-mount": st.just("data:token"),
        PREFIX + "vault-env-daemon": st.just("true"),
        PREFIX + "log-level": st.just("debug"),
        PREFIX + "run-as-user": st.sampled_from(["0", "1234"]),
        PREFIX + "run-as-non-root": st.just("false"),
        PREFIX + "vault-client-timeout": st.sampled_from(["30", "1m30s", "0"]),
        SUCCESSOR_PREFIX + "vault-role": st.just("{{ .namespace }}-{{ .serviceaccount }}"),
        "other.example.com/x": VALUES,
    },
)


def _pod(spec: dict[str, Any], annotations: dict[str, str]) -> dict[str, Any]:
    """A pod that shares no part with itself or another, as one that came as text."""
    named = {PREFIX + "transit-key-id": "key", **annotations}
    pod = {"metadata": {"name": "p", "annotations": named}, "spec": spec}
    parsed: dict[str, Any] = json.loads(json.dumps(pod))
    return parsed


PODS = st.builds(_pod, SPECS, ANNOTATIONS)
