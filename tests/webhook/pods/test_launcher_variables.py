"""Variables of a container with which its launcher could not start."""

import pytest

from tests.webhook.pods.specs import REFERENCE, config_of, container, mutate, spec_of
from vaultkube.problem import Problem
from webhook.pods.pod import plan_pod

PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
KEY = {"name": "KEY", "value": REFERENCE}


def problems(name: str, value: str, **annotations: str) -> tuple[Problem, ...]:
    env = [KEY, {"name": name, "value": value}]
    return mutate(spec_of(container(env=env)), config_of(**annotations))[2].problems


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VAULT_ENV_TIMEOUT", "soon"),
        ("VAULT_CLIENT_TIMEOUT", "0"),
        ("VAULT_MAX_RETRIES", "many"),
        ("VAULT_TRANSIT_BATCH_SIZE", "9999999999"),
        ("VAULT_ENV_DAEMON", "yes"),
        ("VAULT_ENV_DAEMON_ACTION", "sighup"),
        ("VAULT_HEADERS", "X-Mine: 1"),
        ("VAULT_CACERT_BYTES", "MIIB"),
        ("VAULT_SRV_LOOKUP", "true"),
        ("VAULT_PROXY_ADDR", "proxy:many"),
    ],
)
def test_a_value_that_the_launcher_would_refuse_is_refused_at_its_field(name: str, value: str) -> None:
    (problem,) = problems(name, value)
    assert (problem.rule, problem.path) == ("variable", ("spec", "containers", 0, "env", 1, "value"))
    assert problem.message.startswith(f"container app: variable {name} ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VAULT_ENV_TIMEOUT", "30s"),
        ("VAULT_ENV_TIMEOUT", ""),
        ("VAULT_ENV_TIMEOUT", "$(OTHER)"),
        ("VAULT_MAX_RETRIES", "3"),
        ("VAULT_PROXY_ADDR", "proxy:3128"),
        ("VAULT_PROXY_ADDR", "HTTP://user:p@ss@[::1]:3128/"),
        ("VAULT_CACERT_BYTES", PEM),
        ("VAULT_CACERT_BYTES", "vault:a/ca#pem"),
        ("OTHER", "soon"),
    ],
)
def test_a_usable_or_unknown_value_of_the_launcher_is_no_problem(name: str, value: str) -> None:
    assert problems(name, value) == ()


def test_a_variable_of_another_auth_method_is_the_programs_own() -> None:
    assert problems("VAULT_USERNAME", "corp/jo") == ()
    (problem,) = problems("VAULT_USERNAME", "corp/jo", vault_auth_method="userpass")
    assert "VAULT_USERNAME" in problem.message


def test_no_password_of_a_proxy_is_shown() -> None:
    (problem,) = problems("VAULT_PROXY_ADDR", "socks5://user:password@proxy:1080")
    assert (
        problem.message
        == "container app: variable VAULT_PROXY_ADDR: only proxies of the form http://host:port are supported"
    )


def test_a_value_that_the_webhook_replaces_is_no_problem() -> None:
    assert problems("VAULT_CLIENT_TIMEOUT", "soon", vault_client_timeout="5s") == ()


def test_a_program_without_the_launcher_has_no_problem() -> None:
    spec = spec_of(container(env=[{"name": "VAULT_ENV_TIMEOUT", "value": "soon"}]))
    assert mutate(spec)[2].problems == ()


def test_an_image_that_is_never_pulled_is_not_looked_up() -> None:
    local = {"name": "app", "image": "my-app:dev", "imagePullPolicy": "Never", "env": [KEY]}
    plan = mutate(spec_of({**local, "command": ["/app"]}))[2]
    assert (plan.images, plan.problems) == ({}, ())
    plan = mutate(spec_of(local), config_of(entrypoint='{"app": ["/srv/app"]}'))[2]
    assert (plan.images, plan.problems) == ({}, ())


def test_an_image_that_is_never_pulled_needs_a_command() -> None:
    local = {"name": "app", "image": "my-app:dev", "imagePullPolicy": "Never", "env": [KEY]}
    plan = plan_pod(spec_of(local), config_of(), {})
    (problem,) = plan.problems
    assert plan.images == {}
    assert (problem.rule, problem.path) == ("image-never-pulled", ("spec", "containers", 0, "image"))
    assert problem.message.endswith("set `command` in the container, or the annotation entrypoint")
