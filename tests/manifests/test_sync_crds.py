"""Definitions of custom objects on a real API server: manifests of the Vault Secrets Operator are accepted, faults refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.cluster import Cluster
from tests.vaultkube.sync_resources.documents import OF_THE_MANUAL, SMALLEST, document, wrong_documents
from vaultkube.sync_resources.resources import BY_KIND, read_resource
from vaultkube.sync_resources.table import items_of

CRDS = Path(__file__).parents[2] / "manifests/chart/files/crds"
GROUP = "/apis/secrets.hashicorp.com/v1beta1/namespaces/team-crds"


@pytest.fixture(scope="module")
def definitions(cluster: Cluster) -> Cluster:
    cluster.create_namespace("team-crds")
    cluster.kubectl("apply", "-k", str(CRDS))
    names = [f"crd/{row.plural}.secrets.hashicorp.com" for row in BY_KIND.values()]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *names)
    return cluster


def post(cluster: Cluster, wanted: dict[str, Any]) -> Any:
    wanted = {**wanted, "metadata": {**wanted["metadata"], "namespace": "team-crds"}}
    path = f"{GROUP}/{BY_KIND[wanted['kind']].plural}?dryRun=All&fieldValidation=Strict"
    return cluster.answer("POST", path, wanted).json()


def test_the_manifests_of_the_manual_are_accepted(definitions: Cluster) -> None:
    said = definitions.kubectl("apply", "-n", "team-crds", "-f", "-", stdin=OF_THE_MANUAL)
    assert said.count("created") == 4
    for manifest in yaml.safe_load_all(OF_THE_MANUAL):
        assert not read_resource(manifest).problems


@pytest.mark.parametrize("kind", SMALLEST)
def test_the_smallest_object_is_accepted_and_has_the_defaults_of_the_table(
    definitions: Cluster, kind: str
) -> None:
    answer = post(definitions, document(kind))
    assert answer["kind"] == kind
    assert read_resource(answer).spec == read_resource(document(kind)).spec


@pytest.mark.parametrize("name", wrong_documents())
def test_a_fault_is_refused_with_its_place(definitions: Cluster, name: str) -> None:
    wrong, part = wrong_documents()[name]
    answer = post(definitions, wrong)
    assert answer["code"] == 422
    assert part in answer["message"]


def test_a_typo_is_refused_by_its_name(definitions: Cluster) -> None:
    answer = post(definitions, document("VaultStaticSecret", refreshafter="60s"))
    assert 'unknown field "spec.refreshafter"' in answer["message"]


def test_kubectl_shows_state_and_age(definitions: Cluster) -> None:
    definitions.kubectl(
        "apply", "-f", "-", stdin=yaml.safe_dump(document("VaultStaticSecret", "shown", "team-crds"))
    )
    conditions = [
        {"type": "SecretSynced", "status": "True"},
        {"type": "Healthy", "status": "True"},
        {"type": "Ready", "status": "False", "reason": "VaultClientError"},
    ]
    patch = yaml.safe_dump({"status": {"conditions": conditions, "secretMAC": "kept"}})
    definitions.kubectl(
        "patch", "vss", "shown", "-n", "team-crds", "--subresource=status", "--type=merge", "-p", patch
    )
    head, line = definitions.kubectl("get", "vss", "shown", "-n", "team-crds").splitlines()
    assert head.split() == ["NAME", "SECRET", "SYNCED", "HEALTHY", "READY", "REASON", "AGE"]
    assert line.split()[:6] == ["shown", "kv", "True", "True", "False", "VaultClientError"]
    assert (
        definitions.kubectl("get", "vss", "shown", "-n", "team-crds", "-o=jsonpath={.status.secretMAC}")
        == "kept"
    )


VALUES = """
["", a, A b, a/b, a/b/c, 30s, 1h30m, 1d, kv-v2, GET, jwt, union, "http://v:1", 0, 5, 67, 700, true, false, 1.5,
[], [a], [a, 1], {}, {a: b}, {a: 1}, {name: a}, [{name: a}], {role: r, serviceAccount: s}, {text: x}, {a: {text: x}},
[{kind: Deployment, name: d}], {name: a, create: true, transformation: {transformationRefs: [{name: t}]}}]
"""
"""Values of all kinds, each right for some fields."""


@settings(max_examples=150)
@given(st.sampled_from(sorted(SMALLEST)), st.data())
def test_the_api_server_and_the_reader_accept_the_same_objects(
    definitions: Cluster, kind: str, data: st.DataObject
) -> None:
    names = [item.name for item in items_of(BY_KIND[kind].table)]
    values = st.sampled_from(yaml.safe_load(VALUES))
    wanted = document(kind, **data.draw(st.dictionaries(st.sampled_from(names), values, max_size=3)))
    answer = post(definitions, wanted)
    assert (answer["kind"] == kind) == (not read_resource(wanted).problems), answer
