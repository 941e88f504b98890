"""The images of a pod's containers: each is read once, and all errors are reported."""

import threading

import pytest

from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.admission.gather import gather_images
from webhook.registry.query import ImageConfig, ImageQuery


class Registry:
    """Answers at once, or never where the image is called `silent`; refuses those called `bad`."""

    def __init__(self) -> None:
        self.queries: list[ImageQuery] = []

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig:
        self.queries.append(query)
        if query.image == "silent":
            threading.Event().wait(deadline.remaining_s())
        if query.image in ("silent", "bad"):
            raise ImageNotRead(f"cannot fetch image descriptor: {query.image}")
        return ImageConfig((), (query.image,), "")


@pytest.mark.parametrize(
    ("policies", "queried"),
    [
        (("Always", "IfNotPresent"), "Always"),
        (("IfNotPresent", "Always"), "Always"),
        (("Never", "IfNotPresent"), "IfNotPresent"),
        (("", "Always"), "Always"),
        (("Never", "Never"), "Never"),
    ],
)
def test_containers_with_one_image_share_a_query_as_fresh_as_the_strictest_wants(
    policies: tuple[str, str], queried: str
) -> None:
    registry = Registry()
    queries = {name: ImageQuery("a", pull_policy=policy) for name, policy in zip("xy", policies, strict=True)}
    assert gather_images(registry, queries, Deadline(5)) == {"a": ImageConfig((), ("a",), "")}
    assert [query.pull_policy for query in registry.queries] == [queried]


def test_each_container_with_an_unreadable_image_is_named() -> None:
    images = {"one": "bad", "two": "bad", "three": "a", "four": "silent"}
    queries = {name: ImageQuery(image) for name, image in images.items()}
    with pytest.raises(ImageNotRead) as caught:
        gather_images(Registry(), queries, Deadline(0.2))
    assert str(caught.value) == (
        "cannot fetch image descriptor: bad (container one, two); "
        "cannot fetch image descriptor: silent (container four)"
    )
