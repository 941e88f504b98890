"""Pods in file mode, as the webhook's own functions change them."""

import copy
from typing import Any

from tests.webhook.config.hashicorp.annotated import OPERATOR, named
from vaultkube.problem import messages
from webhook.config.annotations import read_defaults
from webhook.config.delivery import Delivery
from webhook.config.settings import read_settings
from webhook.pods.facts import Facts
from webhook.pods.families import PodPlan, configure_pod, plan_families
from webhook.pods.file_mode import with_agent
from webhook.pods.pod import mutate_pod_spec

ACCOUNT = {
    "name": "kube-api-access-x",
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    "readOnly": True,
}
SECRET = {"agent-inject-secret-db": "secret/data/db"}


def planned(
    spec: dict[str, Any],
    annotations: dict[str, str] | None = None,
    own: dict[str, str] | None = None,
    **operator: str,
) -> PodPlan:
    """The plan of a pod that asks for files."""
    environ = {**OPERATOR, **operator}
    every = {**named({"agent-inject": "true", **SECRET, **(annotations or {})}), **(own or {})}
    configured = configure_pod(every, read_defaults(environ), read_settings(environ))
    before = copy.deepcopy(spec)
    plan = plan_families(spec, configured, {})  # type: ignore[arg-type]
    assert spec == before, "the object that was sent must not change"
    return plan


def changed(
    spec: dict[str, Any],
    annotations: dict[str, str] | None = None,
    own: dict[str, str] | None = None,
    delivery: Delivery = Delivery.INIT,
    **operator: str,
) -> dict[str, Any]:
    """The PodSpec with its agent."""
    plan = planned(spec, annotations, own, **operator)
    assert messages(plan.whole.problems) == ()
    new, problems = mutate_pod_spec(plan.spec, plan.parts, Facts({}, {}, delivery))
    assert problems == ()
    if plan.agent:
        new, problems = with_agent(new, plan.agent)
        assert messages(problems) == ()
    return dict(new)


def problems_of(spec: dict[str, Any], annotations: dict[str, str] | None = None) -> tuple[str, ...]:
    """The messages of the pod's problems."""
    return messages(planned(spec, annotations).whole.problems)


def names(containers: list[dict[str, Any]]) -> list[str]:
    """The names of the containers."""
    return [container["name"] for container in containers]


def by_name(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """The container of the name."""
    every = [*(spec.get("initContainers") or []), *spec["containers"]]
    return next(container for container in every if container["name"] == name)


def mounts(container: dict[str, Any]) -> dict[str, str]:
    """The names of the mounted volumes by their path."""
    return {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts") or ()}


def variables(container: dict[str, Any]) -> dict[str, str]:
    """The values of the container's variables."""
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}
