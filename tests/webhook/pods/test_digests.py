"""The digest of a read image is recorded, and pinned by the operator's setting."""

import json
from typing import Any

from webhook.config.annotation_keys import IMAGE_DIGESTS
from webhook.pods.digests import with_digests

DIGEST = "sha256:" + "a" * 64


def pod(**annotations: str) -> dict[str, Any]:
    containers = [{"name": "app", "image": "app:1"}, {"name": "other", "image": "other:1"}]
    init_containers = [
        {"name": "copy-vault-env", "image": "vault-env:1"},
        {"name": "first", "image": "first:1"},
    ]
    spec = {"containers": containers, "initContainers": init_containers}
    return {"metadata": {"annotations": annotations}, "spec": spec}


def recorded(changed: Any) -> Any:
    return json.loads(changed["metadata"]["annotations"][IMAGE_DIGESTS])


def test_a_pod_without_read_images_is_unchanged() -> None:
    assert with_digests(pod(), {}, pin=True) == pod()


def test_digests_are_recorded_by_container_and_images_stay() -> None:
    changed = with_digests(pod(kept="yes"), {"app": DIGEST}, pin=False)
    assert recorded(changed) == {"app": DIGEST}
    assert changed["metadata"]["annotations"]["kept"] == "yes"
    assert changed["spec"] == pod()["spec"]


def test_pinned_containers_run_the_digest_that_was_read() -> None:
    changed = with_digests(pod(), {"app": DIGEST, "first": DIGEST}, pin=True)
    images = {
        each["name"]: each["image"]
        for key in ("containers", "initContainers")
        for each in changed["spec"][key]
    }
    assert images == {
        "app": f"app:1@{DIGEST}",
        "other": "other:1",
        "copy-vault-env": "vault-env:1",
        "first": f"first:1@{DIGEST}",
    }


def test_digests_of_an_earlier_run_stay() -> None:
    once = with_digests(pod(), {"app": DIGEST}, pin=False)
    assert recorded(with_digests(once, {"first": DIGEST}, pin=False)) == {"app": DIGEST, "first": DIGEST}


def test_an_annotation_that_is_not_ours_is_replaced() -> None:
    for text in ("", "[", "[]", "[" * 100_000):
        assert recorded(with_digests(pod(**{IMAGE_DIGESTS: text}), {"app": DIGEST}, pin=False)) == {
            "app": DIGEST
        }
