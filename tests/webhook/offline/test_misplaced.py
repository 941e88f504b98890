"""Keys of ours where nothing reads them."""

from typing import Any

import pytest

from vaultkube.problem import FieldPath
from webhook.offline.misplaced import find_misplaced

KEY = "vault.security.banzaicloud.io/vault-role"
OURS = {KEY: "shop"}
TEMPLATE = {"metadata": {"annotations": OURS}, "spec": {"containers": []}}


def workload(kind: str = "Deployment", version: str = "apps/v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {}, "spec": {"template": TEMPLATE}, **fields}


def places(content: Any) -> list[FieldPath]:
    return [problem.path for problem in find_misplaced(content)]


@pytest.mark.parametrize(
    "content",
    [
        workload(),
        workload("Rollout", "argoproj.io/v1alpha1"),
        workload("Rollout", "argoproj.io/v1alpha1", strategy={"canaryMetadata": {"annotations": OURS}}),
        {"apiVersion": "v1", "kind": "Pod", **TEMPLATE},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": OURS}},
        {"apiVersion": "v1", "kind": "List", "items": [workload()]},
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "commonAnnotations": OURS},
        {"podAnnotations": OURS},
        None,
        [OURS],
    ],
)
def test_a_key_that_is_read_or_that_is_in_no_object_of_ours_is_not_named(content: Any) -> None:
    assert places(content) == []


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (workload(metadata={"annotations": OURS}), ("metadata", "annotations", KEY)),
        (workload(metadata={"labels": OURS}), ("metadata", "labels", KEY)),
        (workload(metadata=OURS), ("metadata", KEY)),
        (workload(spec={"template": {**TEMPLATE, "annotations": OURS}}), ("spec", "template", "annotations", KEY)),
        (
            workload(spec={"template": TEMPLATE, "selector": {"matchLabels": OURS}}),
            ("spec", "selector", "matchLabels", KEY),
        ),
        (workload("Rollout", "argoproj.io/v1alpha1", metadata={"annotations": OURS}), ("metadata", "annotations", KEY)),
        (
            {"apiVersion": "v1", "kind": "List", "items": [workload(metadata={"annotations": OURS})]},
            ("items", 0, "metadata", "annotations", KEY),
        ),
        (
            {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"metadata": {"annotations": OURS}, "spec": {"template": TEMPLATE}}}},
            ("spec", "jobTemplate", "metadata", "annotations", KEY),
        ),
        ({"apiVersion": "v1", "kind": "ConfigMap", "data": OURS}, ("data", KEY)),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": {"a": OURS}}}, ("metadata", "annotations", "a", KEY)),
    ],
)  # fmt: skip
def test_a_key_without_effect_is_named_with_its_place(content: Any, place: FieldPath) -> None:
    assert places(content) == [place]


def test_the_message_says_where_the_key_belongs() -> None:
    (problem,) = find_misplaced(workload(metadata={"annotations": OURS}))
    assert problem.message == (
        f"{KEY} has no effect here: write it as an annotation, under spec.template.metadata.annotations"
    )
