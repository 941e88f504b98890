"""Paths and addresses allowed to a class by the operator's policy for the pod's namespace."""

import json

import pytest

from vaultcsi.mounting.policy import WARNED, policy_problems
from vaultcsi.request import Mount, parse_mount
from vaultcsi.settings import read_settings

LAYOUT = {"VAULT_PATH_POLICY": "cluster/data/{namespace},cluster/data/_shared"}


def mount(*paths: str, namespace: str = "team", **parameters: str) -> Mount:
    objects = [{"objectName": f"o{number}", "secretPath": path} for number, path in enumerate(paths)]
    pod = {"pod.namespace": namespace, "pod.name": "app", "pod.uid": "u", "serviceAccount.name": "db"}
    attributes = {
        "roleName": "r",
        "objects": json.dumps(objects),
        **parameters,
        **{f"csi.storage.k8s.io/{name}": value for name, value in pod.items()},
    }
    return parse_mount(json.dumps(attributes), "420")


def problems(wanted: Mount, **environ: str) -> list[str]:
    return [problem.message for problem in policy_problems(wanted, read_settings([], environ))]


def test_paths_of_the_namespace_and_shared_ones_are_allowed() -> None:
    assert problems(mount("cluster/data/team/app", "/v1/cluster/data/_shared?version=1"), **LAYOUT) == []


@pytest.mark.parametrize(
    "path",
    ["cluster/data/other", "cluster/data/teammate", "cluster/data/team/%2e%2e/other", "v1/cluster/data"],
)
def test_other_paths_are_refused_with_the_policy(path: str) -> None:
    (message,) = problems(mount("cluster/data/team", path), **LAYOUT)
    assert message.startswith("objects[1]: path ")
    assert "VAULT_PATH_POLICY lets namespace team name cluster/data/team, cluster/data/_shared" in message


def test_another_namespace_of_vault_is_outside() -> None:
    assert problems(mount("cluster/data/team", vaultNamespace="root"), VAULT_NAMESPACE="ours", **LAYOUT)
    assert not problems(mount("cluster/data/team", vaultNamespace="ours/"), VAULT_NAMESPACE="ours", **LAYOUT)


def test_a_policy_may_only_warn() -> None:
    settings = read_settings([], {**LAYOUT, "VAULT_PATH_POLICY_MODE": "warn"})
    assert [problem.rule for problem in policy_problems(mount("x"), settings)] == [WARNED]


def test_without_a_policy_every_path_and_address_is_allowed() -> None:
    assert problems(mount("any/path", vaultAddress="http://10.0.0.1:8200")) == []


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://vault:8200", True),
        ("https://listed", True),
        ("https://other", False),
        ("https://localhost", False),
    ],
)
def test_with_a_list_addresses_are_those_of_the_operator(address: str, allowed: bool) -> None:
    environ = {"VAULT_ADDR": "https://vault:8200/", "VAULT_ADDR_ALLOWLIST": "https://listed"}
    assert (problems(mount("p", vaultAddress=address), **environ) == []) is allowed
