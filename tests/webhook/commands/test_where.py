"""`vault-webhook where`: the readers of a path, in files with their lines, and in a real cluster."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.test_objects import DEFINITION
from tests.servers.cluster import Cluster
from tests.vaultkube.kept.samples import KEY, PLACE, REFERENCES
from vaultkube.kept.codec import sealed
from vaultkube.kept.values import ANNOTATION, LABEL, KeptValue
from webhook.commands.where import NONE, NOT_SEARCHED, run

MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: team-where}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: app
          command: [app]
          envFrom:
            - configMapRef: {name: settings}
          env:
            - name: PASSWORD
              value: vault:secret/data/shop/db#password
            - name: OTHER
              value: vault:secret/data/$(NAME)#k
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: team-where}
data:
  URL: vault:secret/data/shop/url#u
"""


@pytest.mark.parametrize("text", ["", "/", "vault:secret/data/shop/db#password", ">>vault:a/b", "secret/a#b"])
def test_a_reference_is_no_path(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run([text, "-f", "-"])
    assert "is not a path: write it without vault: and #KEY" in capsys.readouterr().err


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "app.yaml").write_text(MANIFEST)
    return str(tmp_path / "app.yaml")


def test_a_place_is_printed_with_file_and_line(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secret/shop/db", "-f", file]) == 0
    said = capsys.readouterr()
    assert said.out == (
        f"{file}:17: Deployment team-where/web: container app: variable PASSWORD: secret/data/shop/db\n"
    )
    assert "variable OTHER: only the start knows the path" in said.err


def test_config_maps_of_the_files_are_looked_into(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secret/data/shop", "--below", "-f", file, "--output", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {(each["path"], each["object"]) for each in found} >= {
        ("secret/data/shop/db", "Deployment team-where/web"),
        ("secret/data/shop/url", "Deployment team-where/web"),
    }


def test_a_path_that_nothing_reads_is_reported_as_such(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secret/data/absent", "-f", file]) == NONE
    assert capsys.readouterr().out == ""


def test_an_unreadable_document_or_file_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [7]}\n")
    assert run(["a/b", "-f", str(broken)]) == NOT_SEARCHED
    assert f"not read: {broken}:1" in capsys.readouterr().err
    assert run(["a/b", "-f", str(tmp_path / "absent.yaml")]) == NOT_SEARCHED


def test_a_cluster_is_looked_at_by_its_owners(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.create_namespace("team-where")
    cluster.apply(MANIFEST)
    pod: Any = next(iter(yaml.safe_load_all(MANIFEST)))["spec"]["template"]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "1", "controller": True}
    for name, owners in (("alone", []), ("owned", [owner])):
        metadata = {"name": name, "namespace": "team-where", "ownerReferences": owners}
        spec = {**pod["spec"], "serviceAccountName": "default"}
        cluster.apply(yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
    annotations = {
        ANNOTATION: sealed(
            replace(REFERENCES, values={"k": KeptValue("vault:secret/data/shop/db#k", "")}), PLACE, KEY
        )
    }
    skipped = {"security.banzaicloud.io/mutate": "skip"}  # by the webhook of other tests of the session
    for name, labels in (("kept", {LABEL: "true", **skipped}), ("unmarked", skipped)):
        metadata = {"name": name, "namespace": "team-where", "annotations": annotations, "labels": labels}
        cluster.apply(yaml.safe_dump({"apiVersion": "v1", "kind": "Secret", "metadata": metadata}))
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    assert run(["secret/data/shop/db", "-n", "team-where"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Pod team-where/alone: container app: variable PASSWORD: secret/data/shop/db",
        "Deployment team-where/web: container app: variable PASSWORD: secret/data/shop/db",
        "Secret team-where/kept: kept reference of key k: secret/data/shop/db",
    ]
    assert run(["secret/data/shop/db"]) == 0
    assert "Pod team-where/alone" in capsys.readouterr().out


DATABASE = """apiVersion: example.com/v1
kind: Database
metadata: {name: main, namespace: team-where}
spec:
  users: [{password: "vault:secret/data/shop/db#password"}]
"""


def test_registered_custom_objects_of_files_are_looked_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "database.yaml"
    file.write_text(DATABASE)
    assert run(["secret/data/shop/db", "-f", str(file)]) == NONE
    assert run(["secret/data/shop/db", "-f", str(file), "--objects", "databases.example.com"]) == 0
    assert capsys.readouterr().out.startswith(f"{file}:5: Database team-where/main: ")


def test_custom_objects_of_a_cluster_are_found_by_their_kept_references(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.create_namespace("team-custom")
    cluster.apply(json.dumps(DEFINITION))
    cluster.kubectl("wait", "--for=condition=Established", "crd/databases.example.com")
    reference = KeptValue("vault:secret/data/shop/db#k", "")
    annotations = {ANNOTATION: sealed(replace(REFERENCES, values={"spec.password": reference}), PLACE, KEY)}
    labels = {LABEL: "true", "security.banzaicloud.io/mutate": "skip"}
    metadata: dict[str, Any] = {
        "name": "main",
        "namespace": "team-custom",
        "annotations": annotations,
        "labels": labels,
    }
    cluster.apply(yaml.safe_dump({"apiVersion": "example.com/v1", "kind": "Database", "metadata": metadata}))
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    arguments = ["secret/data/shop/db", "-n", "team-custom", "--objects"]
    assert run([*arguments, "databases.example.com"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Database team-custom/main: kept reference of key spec.password: secret/data/shop/db"
    ]
    assert run([*arguments, "tables.example.com"]) == NOT_SEARCHED
    assert run([*arguments, "tables.absent.example.com"]) == NOT_SEARCHED
    assert "tables.absent.example.com: the API server knows no such kind" in capsys.readouterr().err


def test_a_missing_right_is_reported(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.create_namespace("team-blind")
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig_of("team-blind")))
    assert run(["secret/data/shop/db"]) == NOT_SEARCHED
    assert "the user of this kubeconfig may not list pods" in capsys.readouterr().err
