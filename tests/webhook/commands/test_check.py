"""`vault-webhook check` reports fault, place and remedy; CI reads its status and its output."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from webhook.commands.check import FOUND, NOT_CHECKED, run

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  template:
    metadata:
      annotations:
        vault.security.banzaicloud.io/vault-skip-verify: "yes"
        vault.security.banzaicloud.io/vault-adr: https://vault
    spec:
      containers:
        - name: app
          image: shop
          env:
            - name: PASSWORD
              value: vault:shop/data/db
"""

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return a function that checks a text and returns status and output."""
    monkeypatch.chdir(tmp_path)

    def call(text: str, *options: str) -> tuple[int, str]:
        Path("app.yaml").write_text(text)
        status = run(["-f", "app.yaml", *options])
        return status, capsys.readouterr().out

    return call


def test_every_finding_has_its_line_rule_and_remedy(check: Check) -> None:
    status, output = check(MANIFEST)
    annotations = "spec.template.metadata.annotations"
    assert status == FOUND
    assert [line.split(" [")[-1] for line in output.splitlines() if "app.yaml" in line] == [
        "annotation-value]",
        "annotation-unknown]",
        "entry-point-unknown]",
        "reference]",
    ]
    assert f'app.yaml:8: error: Deployment shop/shop: {annotations}["vault.security' in output
    assert "app.yaml:13: note: Deployment shop/shop: spec.template.spec.containers[0].image: " in output
    assert (
        "app.yaml:16: error: Deployment shop/shop: spec.template.spec.containers[0].env[0].value: " in output
    )
    assert "    write vault:path#key\n" in output
    assert output.endswith("2 errors, 1 warning, 1 note\n")


@pytest.mark.parametrize("text", ["", "# a comment\n---\n", "no chart\n", "[1]\n"])
def test_a_file_without_an_object_is_nothing_that_was_checked(
    check: Check, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty pipe means that the program before it has failed."""
    Path("other.yaml").write_text(text)
    Path("app.yaml").write_text(text)
    assert run(["-f", "app.yaml", "-f", "other.yaml"]) == NOT_CHECKED
    assert (
        capsys.readouterr().err
        == "vault-webhook check: nothing to check: no object in app.yaml, other.yaml\n"
    )
    assert check("kind: Service\n", "-f", "other.yaml")[0] == 0


@pytest.mark.parametrize(
    "name",
    [
        "hello.yaml",
        "one-key.yaml",
        "all-keys.yaml",
        "secret.yaml",
        "hashicorp-files.yaml",
        "secret-provider-class.yaml",
    ],
)
def test_the_examples_of_the_manual_have_no_errors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-f", str(EXAMPLES / name), "--strict"]) == 0
    assert capsys.readouterr().out == "0 errors, 0 warnings, 0 notes\n"


WARNED = MANIFEST.replace('skip-verify: "yes"', 'role: "shop"').replace("data/db", "data/db#password")


def test_a_warning_fails_only_if_it_shall(check: Check) -> None:
    assert check(WARNED)[0] == 0
    assert check(WARNED, "--strict")[0] == FOUND


def test_the_json_output_has_all_findings(check: Check) -> None:
    status, output = check(MANIFEST, "--output", "json")
    content = json.loads(output)
    assert status == FOUND
    assert content["summary"] == {"error": 2, "warning": 1, "note": 1}
    assert [(found["line"], found["rule"]) for found in content["findings"]] == [
        (8, "annotation-value"),
        (9, "annotation-unknown"),
        (13, "entry-point-unknown"),
        (16, "reference"),
    ]
    assert content["findings"][3]["path"] == "spec.template.spec.containers[0].env[0].value"
    assert content["findings"][3]["remedy"] == "write vault:path#key"


def test_sarif_names_rule_level_file_and_line(check: Check) -> None:
    status, output = check(MANIFEST, "--output", "sarif")
    log = json.loads(output)
    (analysis,) = log["runs"]
    known = {
        rule["id"]: rule["defaultConfiguration"]["level"] for rule in analysis["tool"]["driver"]["rules"]
    }
    assert (status, log["version"]) == (FOUND, "2.1.0")
    assert all(known[result["ruleId"]] == result["level"] for result in analysis["results"])
    place = analysis["results"][3]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "app.yaml"}, "region": {"startLine": 16}}


@pytest.mark.parametrize("output", ["text", "json", "sarif"])
def test_a_file_without_our_objects_has_no_findings(check: Check, output: str) -> None:
    status, said = check("kind: Service\napiVersion: v1\n", "--output", output)
    assert status == 0
    assert said.endswith("\n")


def test_a_file_that_cannot_be_read_is_reported_as_not_checked(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-f", "nowhere.yaml"]) == NOT_CHECKED
    assert "nowhere.yaml cannot be read" in capsys.readouterr().err


def test_a_file_that_is_not_yaml_is_a_finding_and_the_others_are_checked(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("chart.yaml").write_text("kind: Pod\nspec: {{ .Values.spec }}\n")
    Path("app.yaml").write_text(MANIFEST)
    assert run(["-f", "chart.yaml", "-f", "app.yaml"]) == FOUND
    output = capsys.readouterr().out
    assert "chart.yaml:2: error: (document): " in output
    assert "[not-yaml]" in output
    assert "app.yaml:16: error" in output


def test_the_migration_is_a_question_of_its_own(check: Check) -> None:
    bare = 'vault-env-delay: "5"'
    manifest = WARNED.replace('vault-role: "shop"', bare)
    assert "bare-number" not in check(manifest)[1]
    assert "is 5 seconds here [bare-number]" in check(manifest, "--from", "bank-vaults")[1]


@pytest.mark.parametrize("arguments", [[], ["-f", "x", "--output", "xml"], ["-f", "x", "--from", "vals"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == NOT_CHECKED


DATABASE = """\
apiVersion: example.com/v1
kind: Database
metadata:
  name: orders
  namespace: shop
  annotations:
    vault.security.banzaicloud.io/vault-addr: https://vault
spec:
  port: 5432
  users:
    - name: app
      password: vault:shop/data/db
    - name: admin
      password: vault:shop/data/db#admin
"""


def test_custom_objects_are_checked_as_secrets_if_their_kind_is_named(check: Check) -> None:
    assert check(DATABASE) == (0, "0 errors, 0 warnings, 0 notes\n")
    status, output = check(DATABASE, "--objects=databases.example.com")
    assert status == FOUND
    assert "app.yaml:12: error: Database shop/orders: spec.users[0].password: " in output
    assert [line.split(" [")[-1] for line in output.splitlines() if "app.yaml" in line] == [
        "identity]",
        "reference]",
    ]


def test_a_named_kind_is_no_difference_to_bank_vaults(check: Check) -> None:
    assert "[custom-object]" in check(DATABASE, "--from=bank-vaults")[1]
    assert (
        "[custom-object]" not in check(DATABASE, "--from=bank-vaults", "--objects=databases.example.com")[1]
    )


def test_a_kind_that_is_none_of_custom_objects_is_wrong_usage(check: Check) -> None:
    assert check(DATABASE, "--objects=databases")[0] == NOT_CHECKED
