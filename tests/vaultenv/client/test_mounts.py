"""Paths of templates are completed by Vault's mounts, as in consul-template."""

from collections.abc import Sequence
from typing import Any

import pytest

from vaultenv.client.mounts import Mount, Mounts, parse_mount


def answer(path: str, version: str = "2") -> dict[str, Any]:
    return {"data": {"path": path, "type": "kv", "options": {"version": version}}}


@pytest.mark.parametrize(
    ("path", "data", "names"),
    [
        ("kv/x", "kv/data/x", "kv/metadata/x"),
        ("kv/data/x", "kv/data/x", "kv/metadata/data/x"),
        ("kv/metadata/x", "kv/metadata/x", "kv/metadata/x"),
        ("kv/subkeys/x", "kv/subkeys/x", "kv/metadata/subkeys/x"),
        ("kv/subkeysx", "kv/data/subkeysx", "kv/metadata/subkeysx"),
        ("kv/data", "kv/data/data", "kv/metadata/data"),
        ("kv/database/x", "kv/data/database/x", "kv/metadata/database/x"),
        ("kv", "kv/data", "kv/metadata"),
    ],
)
def test_a_path_of_kv_version_2_gets_its_folder_once(path: str, data: str, names: str) -> None:
    mount = Mount("kv", is_kv2=True)
    assert (mount.data(path), mount.names(path)) == (data, names)
    other = Mount("kv", is_kv2=False)
    assert (other.data(path), other.names(path)) == (path, path)


@pytest.mark.parametrize(
    ("found", "path", "mount"),
    [
        (answer("kv/"), "kv/x", Mount("kv", is_kv2=True)),
        (answer("kv/", "1"), "kv/x", Mount("kv", is_kv2=False)),
        (answer("team/kv/"), "team/kv/x", Mount("team/kv", is_kv2=True)),
        (answer("kv/"), "namespace/kv/x", Mount("namespace/kv", is_kv2=True)),
        (answer("kv/"), "kv", Mount("kv", is_kv2=True)),
        ({"data": {"path": "pki/", "options": None}}, "pki/issue/x", Mount("pki", is_kv2=False)),
        (answer("other/"), "kv/x", None),
        ({"data": {"path": "/"}}, "kv/x", None),
        ({"errors": ["permission denied"]}, "kv/x", None),
        ({}, "kv/x", None),
    ],
)
def test_the_mount_of_a_path_is_parsed_from_the_answer(
    found: dict[str, Any], path: str, mount: Mount | None
) -> None:
    assert parse_mount(found, path) == mount


def test_each_mount_is_looked_up_once_and_an_unknown_one_leaves_the_path_unchanged() -> None:
    queried: list[list[str]] = []
    answers = {"a": answer("a/"), "t/one": answer("t/one/"), "t/two": answer("t/two/", "1")}

    def look_up(paths: Sequence[str]) -> list[dict[str, Any]]:
        queried.append(list(paths))
        return [
            next((answers[mount] for mount in answers if path.startswith(f"{mount}/")), {}) for path in paths
        ]

    mounts = Mounts(look_up)
    mounts.learn(["a/x", "a/y", "no/x", "t/one/x", "t/two/x"])
    mounts.learn(["a/z", "t/one/y", "no/x"])
    assert queried == [["a/y", "no/x", "t/two/x"], ["t/one/x"]]
    paths = ["a/z", "t/one/y", "t/two/z", "no/x", "never/asked"]
    assert [mounts.of(path).data(path) for path in paths] == [
        "a/data/z",
        "t/one/data/y",
        "t/two/z",
        "no/x",
        "never/asked",
    ]
