"""SecretProviderClasses: each mistake at its line, the policy of paths, and changes after vault-csi-provider."""

from pathlib import Path

import pytest

from webhook.offline.checks.checking import Checker
from webhook.offline.checks.rules import BY_ID
from webhook.offline.context import Manifests
from webhook.offline.documents import parse_documents
from webhook.offline.operator_settings import read_operator
from webhook.offline.preview import Surroundings

HEAD = """apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: db, namespace: shop}
spec:
  provider: vault
  parameters:
"""
GOOD = """    roleName: database
    objects: |
      - objectName: a
        secretPath: cluster/data/shop
        secretKey: k
"""
POLICY = "apiVersion: v1\nkind: ConfigMap\ndata: {VAULT_PATH_POLICY: 'cluster/data/{namespace}'}\n"


def found(text: str, settings: str | None = None, origin: str = "") -> list[tuple[int, str]]:
    """Return line and rule of each finding."""
    checker = Checker(read_operator(settings), Surroundings(Manifests([])), "default", origin)
    return sorted(
        (one.line, one.rule_id) for document in parse_documents(text) for one in checker.findings(document)
    )


def test_a_class_that_can_be_used_has_no_finding() -> None:
    assert found(HEAD + GOOD) == []


def test_every_problem_has_its_own_line() -> None:
    text = """    rolename: database
    vaultAddress: vault
    objects: |

      # the first one
      - objectName: a
        secretPath: p
        secretkey: k
      - objectName: a
        secretPath: ../p
        filePermission: 600
"""
    assert found(HEAD + text) == [
        (6, "csi-parameter"),  # roleName is missing
        (7, "csi-unknown"),
        (8, "csi-parameter"),
        (12, "csi-objects"),  # is there twice
        (14, "csi-objects"),
        (16, "csi-objects"),
        (17, "csi-objects"),
    ]


@pytest.mark.parametrize(
    ("parameters", "finding"),
    [
        ("    roleName: 1\n    objects: '[{objectName: a, secretPath: p}]'\n", (7, "not-text")),
        ("    roleName: r\n    objects: [{objectName: a, secretPath: p}]\n", (8, "not-text")),
        ("    roleName: r\n    objects: '[{objectName: a}]'\n", (8, "csi-objects")),
        ("    roleName: r\n    objects: |\n      - {\n", (8, "csi-objects")),
    ],
)
def test_a_parameter_that_is_no_text_or_no_yaml_is_found(parameters: str, finding: tuple[int, str]) -> None:
    assert found(HEAD + parameters) == [finding]


def test_classes_in_a_list_are_found() -> None:
    inner = (HEAD + GOOD.replace("roleName", "rolename")).replace("\n", "\n  ")
    assert found(f"kind: List\napiVersion: v1\nitems:\n- {inner}") == [
        (9, "csi-parameter"),
        (10, "csi-unknown"),
    ]


@pytest.mark.parametrize(
    "change", [("provider: vault", "provider: azure"), ("secrets-store.csi.x-k8s.io", "other")]
)
def test_a_class_of_another_provider_is_none_of_ours(change: tuple[str, str]) -> None:
    assert found((HEAD + "    roleName: ''\n").replace(*change)) == []


def test_the_policy_of_paths_holds(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(POLICY)
    assert found(HEAD + GOOD, str(settings)) == []
    assert found(HEAD + GOOD.replace("data/shop", "data/other"), str(settings)) == [(10, "path-refused")]


def test_differences_from_vault_csi_provider_are_notes() -> None:
    text = """    roleName: database
    objects: |
      - {objectName: a, secretPath: p, method: POST, secretArgs: {a: 1}, secretKey: k}
      - {objectName: b, secretPath: p, method: POST, secretArgs: {a: 2}, secretKey: k}
      - {objectName: c, secretPath: q}
"""
    assert found(HEAD + text) == []
    notes = found(HEAD + text, origin="vault-csi-provider")
    assert notes == [
        (9, "csi-kept"),
        (10, "csi-arguments"),
        (10, "csi-kept"),
        (11, "csi-whole-answer"),
    ]
    assert {BY_ID[rule].severity for _, rule in notes} == {"note"}


def test_a_secret_made_from_a_file_that_the_class_does_not_have_is_found() -> None:
    secrets = """  secretObjects:
    - secretName: db
      type: Opaque
      data:
        - {objectName: a, key: user}
        - objectName: b
          key: password
"""
    assert found(HEAD + GOOD + secrets) == [(17, "csi-secret")]


@pytest.mark.parametrize("secrets", ["text", "[text]", "[{data: text}]", "[{data: [text, {objectName: 1}]}]"])
def test_secrets_that_the_api_server_refuses_are_no_error_of_the_check(secrets: str) -> None:
    assert found(f"{HEAD}{GOOD}  secretObjects: {secrets}\n") == []
