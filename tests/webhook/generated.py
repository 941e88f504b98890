"""Pods of every shape that the API server accepts, with references in the places where they count."""

import json
from typing import Any

from hypothesis import strategies as st

from webhook.keys import PREFIX

REFERENCE = "vault:secret/data/app#password"
VALUES = st.sampled_from(
    ["x", REFERENCE, "a ${vault:a/b#c} b", "vault:8200", "$(A)", "$$(A)", ">>vault:a/b#c"]
)
HANDLERS = st.sampled_from([{"exec": {"command": ["check", "$(A)"]}}, {"httpGet": {"port": 80, "path": "/"}}])
RESOURCES = st.sampled_from(
    [
        {},
        {"requests": {"cpu": "10m"}},
        {"limits": {"cpu": "1", "memory": "1Gi"}},
        {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}},
    ]
)
SECURITY = st.sampled_from([{}, {"runAsUser": 0}, {"runAsUser": 1000}, {"readOnlyRootFilesystem": True}])
ENV = st.lists(st.tuples(st.sampled_from(["A", "B", "VAULT_ADDR"]), VALUES), max_size=3).map(
    lambda pairs: [{"name": name, "value": value} for name, value in dict(pairs).items()]
)
COMMON = {
    "env": ENV,
    "args": st.lists(st.sampled_from(["x", "$(A)", "$$", ""]), max_size=2),
    "resources": RESOURCES,
    "securityContext": SECURITY,
    "workingDir": st.just("/tmp"),
    "volumeMounts": st.sampled_from(
        [[{"name": "data", "mountPath": "/data"}], [{"name": "data", "mountPath": "/vault/data"}]]
    ),
}
HANDLED = {"livenessProbe": HANDLERS, "lifecycle": st.fixed_dictionaries({"preStop": HANDLERS})}


def _containers(prefix: str, least: int, **optional: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    fields = {"image": st.just("app:1"), "command": st.just(["/app", "-v"])}
    one = st.fixed_dictionaries(fields, optional={**COMMON, **optional})
    return st.lists(one, min_size=least, max_size=2).map(
        lambda found: [{"name": f"{prefix}{index}", **each} for index, each in enumerate(found)]
    )


SPECS = st.fixed_dictionaries(
    {
        "containers": _containers("app-", 1, **HANDLED),
        "volumes": st.just([{"name": "data", "emptyDir": {}}]),
    },
    optional={
        "initContainers": st.one_of(
            _containers("first-", 0), _containers("sidecar-", 0, restartPolicy=st.just("Always"))
        ),
        "securityContext": SECURITY.map(lambda found: {k: v for k, v in found.items() if k == "runAsUser"}),
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
    },
)


def _pod(spec: dict[str, Any], annotations: dict[str, str]) -> dict[str, Any]:
    """A pod that shares no part with itself or another, as one that came as text."""
    pod = {"metadata": {"name": "p", "annotations": annotations}, "spec": spec}
    parsed: dict[str, Any] = json.loads(json.dumps(pod))
    return parsed


PODS = st.builds(_pod, SPECS, ANNOTATIONS)
