"""Every command on a page is executed by a test or needs an absent service; those without a cluster are executed here."""

import importlib
import io
import itertools
import json
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.scripts.pages import ROOT, Shown, commands
from webhook.__main__ import main
from webhook.commands.table import COMMANDS

SHOWN = [*commands()]
HERE = re.compile(r"(?:helm template shop \| )?vault-webhook (?:(?:check|mutate|render) |where .* -f )")
EXECUTED: Mapping[str, str] = {
    r"vault-webhook where ": "tests/webhook/commands/test_where.py",
    r"vault-webhook image ": "tests/webhook/commands/test_image.py",
    r"vault-webhook provision ": "tests/webhook/commands/test_provision.py",
    r"vault-webhook doctor ": "tests/acceptance/test_doctor.py",
    r"vault-env ": "tests/vaultenv/start/test_check.py",
    r"kubectl apply -f docs/examples/(one-key|hello|vault-for-trying|vault-reviewer)": "tests/manifests/test_examples.py",
    r"kubectl apply -k my-cluster": "tests/cluster/product.py",
    r"kubectl annotate mutatingwebhookconfiguration": "tests/manifests/test_certificate_overlays.py",
    r"kubectl --namespace vault (rollout|port-forward|exec)|kubectl logs deployment/hello": "tests/cluster/test_quick_start.py",
    r"kubectl --namespace vault-webhook rollout": "tests/cluster/product.py",
    r"kubectl exec deploy/vault-test -- /vault/vault-env": "tests/cluster/test_examples.py",
    r"helm install ": "tests/manifests/chart/test_lifecycle.py",
    r"helm package ": "tests/manifests/chart/test_values.py",
    r"scripts/demo": "tests/scripts/test_demo.py",
    r"scripts/docs": "tests/scripts/test_reference_pages.py",
    r"scripts/site": "tests/scripts/test_site.py",
    r"scripts/build-launcher": "tests/vaultenv/native/build/test_build.py",
}
"""The place where a command is executed, by its beginning: with the same options as far as they matter."""
NEEDS: Mapping[str, str] = {
    r"docker |kind ": "a container builder",
    r"oc ": "OpenShift",
    r"cosign |helm push ": "a key and a registry of the release",
    r"(python|.venv/bin/python) -m (bench|pytest)": "a quiet machine and a look at its figures; the suite itself",
    r"scripts/(test|check|venv)|sha256sum ": "the suite itself",
    r"scripts/check-pins": "the network",
    r"python3 -m venv|pip ": "the package index",
    r"kubectl --namespace kube-system get secret vault-reviewer": "a controller-manager",
    r"kubectl delete |kubectl apply$": "the reader's own cluster",
}
"""The things that a command needs and no test has."""


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: f"{shown.page}: {shown.command[:60]}")
def test_a_command_is_executed_or_needs_what_is_absent(shown: Shown) -> None:
    command = shown.command.removeprefix(".venv/bin/")
    known = [*EXECUTED, *NEEDS, HERE.pattern]
    assert [pattern for pattern in known if re.match(pattern, command)], "say where it is executed"


def test_each_test_and_pattern_of_the_table_exists() -> None:
    assert [test for test in EXECUTED.values() if not (ROOT / test).is_file()] == []
    texts = [shown.command.removeprefix(".venv/bin/") for shown in SHOWN]
    unused = [p for p in [*EXECUTED, *NEEDS] if not any(re.match(p, text) for text in texts)]
    assert unused == []


_OURS = re.compile(r"(?:^|\| |\.venv/bin/)(vault-webhook .*)")
OF_OURS = sorted({match for shown in SHOWN for match in _OURS.findall(shown.command)})


@pytest.mark.parametrize("command", OF_OURS)
def test_every_option_is_one_of_the_command(command: str) -> None:
    name, *words = shlex.split(command)[1:]
    (module,) = [each.module for each in COMMANDS if each.name == name]
    options = importlib.import_module(module).new_parser()._option_string_actions
    assert [word for word in words if word.startswith("-") and word != "-" and word not in options] == []


@pytest.mark.parametrize("command", sorted({each.command for each in SHOWN if HERE.match(each.command)}))
def test_a_command_without_a_cluster_succeeds(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command.partition("helm template shop | ")[2] or command)
    manifest = manifest_for(words)
    for option, name in itertools.pairwise(words):
        if option == "-f" and name != "-":
            (tmp_path / name).write_text(manifest)
    for name in ("shop", "db"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"user": "bob"}))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(manifest.encode())))
    monkeypatch.setattr(sys, "argv", words)
    assert main() == 0, capsys.readouterr()
    assert capsys.readouterr().out


def manifest_for(words: list[str]) -> str:
    """Return an example: with a template of the secret for `render`, or with a reference to the path for `where`."""
    if words[1] == "render":
        path = words[-1].partition("=")[0]
        return (ROOT / "docs/examples/hashicorp.yaml").read_text().replace("secret/data/spitikos/api", path)
    text = (ROOT / "docs/examples/one-key.yaml").read_text()
    return text.replace("09999-demo-cluster/data/default", words[2]) if words[1] == "where" else text
