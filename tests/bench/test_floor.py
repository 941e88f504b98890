"""The benchmark's floor patches the pod as the webhook does."""

import base64
import json
from typing import Any

import pytest

from bench.webhook.floor import Patch, answer, by_item, by_list
from bench.webhook.pod import pod, review
from tests.webhook.serving.test_app import Served
from vaultkube.documents.jsonpatch import apply


def patched(response: dict[str, Any]) -> Any:
    document = pod()
    for operation in json.loads(base64.b64decode(response["patch"])):
        head, last = operation["path"].rsplit("/", 1)
        if last == "-":
            items = document
            for step in head.split("/")[1:]:
                items = items[int(step) if isinstance(items, list) else step]
            operation = {**operation, "path": f"{head}/{len(items)}"}
        document = apply(document, [operation])
    return document


@pytest.mark.parametrize("patch", [by_item, by_list])
def test_the_floor_patches_the_pod_as_the_webhook_does(patch: Patch) -> None:
    ours = Served().client.post("/pods", data=review()).get_json()["response"]
    of_floor = json.loads(answer(review(), patch))["response"]
    assert patched(of_floor) == patched(ours) != pod()
