"""Rights: each has its row in docs/security.md, and those that read secrets can be bound by namespace."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.cluster import Cluster
from tests.servers.kubectl import Kubectl
from vaultkube.sync_resources.resources import BY_KIND
from webhook.doctor.rights import rights_for

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
DOCUMENTS = list(yaml.safe_load_all((ROOT / "manifests/base/rbac.yaml").read_text(encoding="utf-8")))


def rights_of(role: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in role["rules"]:
        for verb in rule["verbs"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    yield role["metadata"]["name"], f"{verb} {group + '/' if group else ''}{resource}"


@pytest.mark.parametrize("part", ["base", "sync", "csi"])
def test_the_page_has_a_row_for_each_right_and_no_other(part: str) -> None:
    documents = list(yaml.safe_load_all((ROOT / f"manifests/{part}/rbac.yaml").read_text(encoding="utf-8")))
    names = {document["metadata"]["name"] for document in documents}
    roles = [document for document in documents if document["kind"] in ("ClusterRole", "Role")]
    rows = re.findall(r"^\| `([a-z-]+)` \| (\S+ \S+) \|", PAGE, re.MULTILINE)
    shown = [(name, each) for name, right in rows if name in names for each in for_each_kind(right)]
    assert sorted(shown) == sorted(right for role in roles for right in rights_of(role))


def for_each_kind(right: str) -> list[str]:
    """Return the right for each kind of secrets.hashicorp.com, where the page has KIND."""
    if "/KIND" not in right:
        return [right]
    return [right.replace("KIND", row.plural) for row in BY_KIND.values()]


def test_the_general_role_has_no_right_that_reads_secrets() -> None:
    roles = {role["metadata"]["name"]: role for role in DOCUMENTS if role["kind"] == "ClusterRole"}
    assert not re.search("secrets|token|escalate|bind|impersonate", str(roles["vault-webhook"]["rules"]))


def test_rights_for_the_certificate_are_bound_to_names_except_create() -> None:
    roles = [role for role in DOCUMENTS if role["metadata"]["name"] == "vault-webhook-certificate"]
    rules = [rule for role in roles for rule in role.get("rules", ())]
    assert {tuple(rule["verbs"]) for rule in rules if "resourceNames" not in rule} == {("create",)}
    assert [role["kind"] for role in roles] == ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]


def test_the_network_policy_of_the_page_selects_the_webhooks_pods_and_is_valid(cluster: Cluster) -> None:
    policy = yaml.safe_load(EXAMPLES[0])
    (deployment, *_) = yaml.safe_load_all((ROOT / "manifests/base/deployment.yaml").read_text())
    assert policy["spec"]["podSelector"] == deployment["spec"]["selector"]
    policy["metadata"]["namespace"] = "default"
    said = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(policy))
    assert said == "networkpolicy.networking.k8s.io/vault-webhook created (server dry run)\n"


@pytest.mark.servers
def test_the_overlay_of_the_page_binds_it_by_namespace(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "manifests/base", tmp_path / "base")
    _, overlay, binding = EXAMPLES
    (tmp_path / "kustomization.yaml").write_text(overlay.replace("resources:", "resources:\n  - base"))
    (tmp_path / "secrets-of-shop.yaml").write_text(binding)
    built = list(yaml.safe_load_all(Kubectl(tmp_path / "none")("kustomize", str(tmp_path))))
    bindings = [
        (each["kind"], each["metadata"].get("namespace"), each["roleRef"]["name"])
        for each in built
        if each["kind"].endswith("RoleBinding") or each["kind"].endswith("ClusterRoleBinding")
    ]
    assert ("RoleBinding", "shop", "vault-webhook-secrets") in bindings
    assert [each for each in bindings if each[0] == "ClusterRoleBinding"] == [
        ("ClusterRoleBinding", None, "vault-webhook"),
        ("ClusterRoleBinding", None, "vault-webhook-certificate"),
    ]


def test_the_doctor_checks_each_right_that_a_review_needs() -> None:
    names = ("vault-webhook", "vault-webhook-secrets")
    roles = [
        each for each in DOCUMENTS if each["kind"] == "ClusterRole" and each["metadata"]["name"] in names
    ]
    required = {
        f"{right.verb} {right.group + '/' if right.group else ''}{right.resource}"
        + (f"/{right.subresource}" if right.subresource else "")
        for right in rights_for("shop")
    }
    assert required == {right for role in roles for _, right in rights_of(role)}
