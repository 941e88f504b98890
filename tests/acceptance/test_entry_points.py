"""A pod without `command`: its image's entry point comes from the registry, with the pod's pull secret."""

import base64
import json
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_isolation import PREFIX, annotations
from tests.servers.images import image, index
from tests.servers.registry import Registry


def pod_of(reference: str, **fields: Any) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": reference,
        "env": [{"name": "KEY", "value": f"vault:{CLUSTER_NAME}/data/default/app#key"}],
    }
    return {
        "metadata": {"annotations": annotations("default")},
        "spec": {"containers": [container], **fields},
    }


@pytest.fixture(params=["anonymous", "basic", "bearer"])
def registry(
    request: pytest.FixtureRequest,
    anonymous_registry: Registry,
    basic_registry: Registry,
    bearer_registry: Registry,
) -> Registry:
    registries = {each.mode: each for each in (anonymous_registry, basic_registry, bearer_registry)}
    return registries[request.param]


def pull_secret(product: Product, registry: Registry) -> str:
    name = f"pull-{registry.mode}"
    data = {".dockerconfigjson": base64.b64encode(registry.pull_secret().encode()).decode()}
    product.cluster.apply(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": "default"},
                "type": "kubernetes.io/dockerconfigjson",
                "data": data,
            }
        )
    )
    return name


def test_the_images_entry_point_runs_behind_the_launcher(product: Product, registry: Registry) -> None:
    product.vault.put_secret(f"{CLUSTER_NAME}/data/default/app", key="of-default")
    reference = registry.push(
        "team/app:1", image(entrypoint=["/bin/sh", "-c"], cmd=["echo got $KEY; echo $$"])
    )
    secrets = [] if registry.mode == "anonymous" else [{"name": pull_secret(product, registry)}]
    pod = product.create_pod("default", pod_of(reference, imagePullSecrets=secrets))
    assert pod["spec"]["containers"][0]["args"] == ["/bin/sh", "-c", "echo got $$KEY; echo $$$$"]
    done = product.run(pod)
    assert done.stdout.splitlines()[0] == "got of-default", done.stderr
    assert done.stdout.splitlines()[1].isdigit()


def test_an_index_is_read_for_the_clusters_architecture(
    product: Product, anonymous_registry: Registry
) -> None:
    images = [image(entrypoint=["/app"], architecture=architecture) for architecture in ("arm64", "amd64")]
    both = index(*images)
    pod = product.create_pod("default", pod_of(anonymous_registry.push("team/index:1", both)))
    assert pod["spec"]["containers"][0]["args"] == ["/app"]
    assert json.loads(pod["metadata"]["annotations"][PREFIX + "image-digests"]) == {"app": both.digest}


def test_without_a_pull_secret_the_pod_is_refused_with_the_remedy(
    product: Product, bearer_registry: Registry
) -> None:
    reference = bearer_registry.push("team/private:1", image(entrypoint=["/app"]))
    with pytest.raises(AssertionError) as refusal:
        product.create_pod("default", pod_of(reference))
    message = str(refusal.value)
    assert "could not mutate object: cannot fetch image descriptor" in message
    assert "UNAUTHORIZED" in message
    assert "imagePullSecrets" in message
