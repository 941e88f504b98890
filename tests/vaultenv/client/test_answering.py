"""Requests to Vault for the needs of templates: mounts are looked up only where necessary, and nothing is read twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from vaultenv.client.answering import Answering
from vaultenv.errors import SecretNotFound, VaultEnvError, VaultUnavailable
from vaultenv.template.consul.needs import List, Need, Read

KV2 = {"data": {"data": {"k": "v"}, "metadata": {"version": "1"}}}
KV1 = {"data": {"k": "v"}}
MISSING = SecretNotFound("path not found")


class FakeVault:
    """A Vault with these answers and mounts by their path; it lists its requests in order."""

    def __init__(self, answers: Mapping[str, Any], **versions: str) -> None:
        self._answers = answers
        self._versions = versions
        self.read_paths: list[str] = []

    def bodies(self, questions: Sequence[tuple[str, Any]]) -> list[Any]:
        self.read_paths += [path for path, _ in questions]
        return [self._answers.get(path, MISSING) for path, _ in questions]

    def written(self, path: str, body: str) -> dict[str, Any] | VaultEnvError:
        raise AssertionError("nothing is written here")

    def mounts(self, paths: Sequence[str]) -> list[dict[str, Any]]:
        self.read_paths += [f"mount of {path}" for path in paths]
        return [self._mount(path) for path in paths]

    def _mount(self, path: str) -> dict[str, Any]:
        name = path.partition("/")[0]
        if name not in self._versions:
            return {}
        return {"data": {"path": f"{name}/", "options": {"version": self._versions[name]}}}


def answered(vault: FakeVault, *needs: Need) -> list[Any]:
    found = Answering(vault).found(needs)
    return [found[need] for need in needs]


def test_an_answer_of_kv_version_2_needs_no_mount() -> None:
    vault = FakeVault({"kv/data/x": KV2, "kv/data/y": KV2}, kv="2")
    assert answered(vault, Read("kv/data/x"), Read("kv/data/y")) == [KV2, KV2]
    assert vault.read_paths == ["kv/data/x", "kv/data/y"]


def test_a_path_that_does_not_say_data_is_looked_up_first() -> None:
    vault = FakeVault({"kv/data/x": KV2}, kv="2")
    assert answered(vault, Read("kv/x")) == [KV2]
    assert vault.read_paths == ["mount of kv/x", "kv/data/x"]


def test_data_within_a_path_of_the_mount_is_no_folder_of_the_engine() -> None:
    vault = FakeVault({"kv/data/a/data/b": KV2}, kv="2")
    assert answered(vault, Read("kv/a/data/b")) == [KV2]
    assert vault.read_paths == ["kv/a/data/b", "mount of kv/a/data/b", "kv/data/a/data/b"]


def test_a_secret_of_another_engine_is_read_once() -> None:
    for versions in ({"kv": "1"}, {}):
        vault = FakeVault({"kv/data/x": KV1}, **versions)
        assert answered(vault, Read("kv/data/x")) == [KV1]
        assert vault.read_paths == ["kv/data/x", "mount of kv/data/x"]


def test_a_missing_secret_is_missing_once_its_mount_is_known() -> None:
    vault = FakeVault({}, kv="2")
    assert answered(vault, Read("kv/data/x")) == [MISSING]
    assert vault.read_paths == ["kv/data/x", "mount of kv/data/x"]


def test_a_mount_that_is_known_is_used_at_once() -> None:
    vault = FakeVault({"kv/data/x": KV2, "kv/data/a/data/b": KV2, "kv/metadata": {"data": {}}}, kv="2")
    answering = Answering(vault)
    answering.found([List("kv")])
    assert answering.found([Read("kv/a/data/b")])[Read("kv/a/data/b")] == KV2
    assert vault.read_paths == ["mount of kv", "kv/metadata", "kv/data/a/data/b"]


def test_an_unavailable_vault_gets_no_look_up_of_mounts() -> None:
    outage = VaultUnavailable("no answer")
    vault = FakeVault({"kv/data/x": outage}, kv="2")
    assert answered(vault, Read("kv/data/x")) == [outage]
    assert vault.read_paths == ["kv/data/x"]
