"""The entry of an index that a node runs."""

import pytest

from webhook.registry.platforms import (
    DEFAULT_PLATFORMS,
    Platform,
    best_match,
    node_platform,
    parse_platform,
    platforms_to_read,
)


def platform(text: str) -> Platform:
    return parse_platform(text)


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"),
        ("linux/amd64", ["windows/amd64", "linux/arm64"], None),
        ("linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"),
        ("linux/arm64/v8", ["linux/arm64"], "linux/arm64"),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6"),
        ("linux/arm/v7", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"),
        ("linux/arm/v6", ["linux/arm/v7"], None),
        ("linux/arm", ["linux/arm/v7"], "linux/arm/v7"),
        ("linux/arm64", ["linux/arm/v7"], None),
        ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2"], "linux/amd64/v2"),
        ("linux/amd64", ["linux/amd64/v2"], None),
        ("linux/amd64", ["linux/amd64/v1"], "linux/amd64/v1"),
        ("linux/amd64/v2", ["linux/amd64/v1"], "linux/amd64/v1"),
        ("linux/amd64/v1", ["linux/amd64"], "linux/amd64"),
        ("linux/amd64", ["linux/x86_64"], "linux/x86_64"),
        ("windows/amd64", ["windows/amd64"], "windows/amd64"),
        ("linux/s390x", ["linux/s390x"], "linux/s390x"),
        ("linux/amd64", [], None),
    ],
)
def test_the_best_entry_is_chosen(wanted: str, offered: list[str], chosen: str | None) -> None:
    place = best_match(platform(wanted), [platform(text) for text in offered])
    assert (None if place is None else offered[place]) == chosen


def test_the_first_of_equal_entries_is_chosen() -> None:
    assert best_match(Platform(), [Platform(), Platform()]) == 0


@pytest.mark.parametrize(
    ("wanted", "variant"), [("linux/arm64", "8"), ("linux/arm/v7", "7"), ("linux/arm/v7", "6")]
)
def test_a_variant_without_its_letter_is_the_same(wanted: str, variant: str) -> None:
    node = platform(wanted)
    assert best_match(node, [Platform("linux", node.architecture, variant)]) == 0


@pytest.mark.parametrize(
    "variant", ["v\N{SUPERSCRIPT TWO}", "v" + "9" * 5000, "\N{ARABIC-INDIC DIGIT SEVEN}", "v7x", "v"]
)
def test_a_variant_that_is_none_runs_on_no_node(variant: str) -> None:
    """The text is a registry's, and Python takes more for digits than those of a number."""
    assert best_match(parse_platform("linux/arm64"), [Platform("linux", "arm64", variant)]) is None


def test_a_pin_of_the_pod_narrows_the_platforms_of_the_cluster() -> None:
    cluster = (platform("linux/amd64"), platform("linux/arm/v6"))
    assert platforms_to_read(cluster, ()) == cluster
    assert platforms_to_read(cluster, ("arm",)) == (platform("linux/arm/v6"),)
    assert platforms_to_read(cluster, ("s390x",)) == (platform("linux/s390x"),)
    assert platforms_to_read((), ()) == DEFAULT_PLATFORMS
    assert platforms_to_read((platform("windows/amd64"), *cluster), ()) == cluster


def test_the_platform_of_a_node_is_in_its_labels() -> None:
    os, arch = {"kubernetes.io/os": "linux"}, {"kubernetes.io/arch": "arm64"}
    assert node_platform({**os, **arch}) == platform("linux/arm64")
    assert [node_platform(labels) for labels in (os, arch, {})] == [None, None, None]


@pytest.mark.parametrize("text", ["", "linux", "linux/", "Linux/amd64", "linux/amd64/8", "a/b/v1/c"])
def test_an_invalid_platform_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_platform(text)
