"""Warnings about secrets that end while a program runs, recognised by their paths."""

import pytest

from tests.webhook.config.hashicorp.annotated import exec_mode, ours
from vaultenv.template_sources import TemplateSource
from vaultkube.problem import messages
from webhook.config.hashicorp.leases import lease_warnings

READ = '{{ with secret "%s" }}A={{ .Data.username }}{{ end }}'


def warned(*sources: TemplateSource) -> list[str]:
    return [str(problem.path[-1]) for problem in lease_warnings(sources)]


@pytest.mark.parametrize(
    "path",
    ["database/creds/app", "aws/creds/app", "aws/sts/app?ttl=1h", "pki/issue/web", "/rabbitmq/creds/x"],
)
def test_a_path_that_hands_out_credentials_is_a_warning(path: str) -> None:
    assert warned(TemplateSource("a", path)) == ["vault.hashicorp.com/agent-inject-secret-a"]
    assert warned(TemplateSource("a", "", READ % path)) == ["vault.hashicorp.com/agent-inject-template-a"]


@pytest.mark.parametrize(
    "path",
    [
        "secret/data/creds/app",
        "secret/creds/app",
        "database/static-creds/app",
        "database/config/app",
        "pki/cert/ca",
        "aws",
    ],
)
def test_a_path_without_leases_has_no_warning(path: str) -> None:
    assert warned(TemplateSource("a", path)) == []
    assert warned(TemplateSource("a", "", READ % path)) == []


def test_certificates_end_too_and_one_warning_names_all_paths_of_a_template() -> None:
    text = """{{ with pkiCert "pki/issue/web" "common_name=a" }}A={{ .Cert }}{{ end }}
{{ with secret "aws/creds/x" }}{{ end }}"""
    (message,) = messages(lease_warnings([TemplateSource("a", "", text)]))
    assert ": pki/issue/web, aws/creds/x hand out what probably ends while the program runs" in message


def test_a_path_that_is_built_is_no_reason_for_a_warning() -> None:
    text = """{{ $r := "app" }}{{ with secret (printf "database/creds/%s" $r) }}{{ end }}"""
    assert warned(TemplateSource("a", "", text)) == []


def test_the_pod_is_let_through_with_the_warning() -> None:
    mode = exec_mode({"agent-inject-secret-config.env": "database/creds/app"})
    assert not mode.problems
    assert [problem.rule for problem in mode.warnings] == ["lease-ends"]


def test_a_launcher_that_stays_renews_so_nothing_is_warned_of() -> None:
    leased = {"agent-inject-secret-config.env": "database/creds/app"}
    assert not exec_mode(leased, ours(vault_env_daemon="true")).warnings
