"""Variables that would send the launcher's token elsewhere."""

from typing import Any

import pytest

from tests.webhook.pods.specs import CONFIG_MAP, OPERATOR, REFERENCE, config_of, container, mutate, spec_of
from vaultkube.problem import messages
from webhook.config.annotations import Config, parse_config, read_defaults
from webhook.config.configure import configure
from webhook.config.settings import read_settings
from webhook.pods.environment import CONNECTION

KEY = {"name": "KEY", "value": REFERENCE}
FROM_MAP = [{"configMapRef": {"name": "settings"}}]
EVIL = "https://evil.example.com"


def with_settings(**environ: str) -> Config:
    """The configuration of a pod without annotations under these settings of the operator."""
    everything = {**OPERATOR, **environ}
    return configure({}, read_defaults(everything), read_settings(everything)).config


def env_of(new: dict[str, Any]) -> dict[str, str]:
    """Return the environment that the kubelet makes of env, with each name once."""
    env = new["containers"][0]["env"]
    assert len({entry["name"] for entry in env}) == len(env)
    return {entry["name"]: entry.get("value", "?") for entry in env}


@pytest.mark.parametrize("name", CONNECTION)
def test_env_from_cannot_set_a_variable_of_the_connection(name: str) -> None:
    spec = spec_of(container(env=[KEY], envFrom=FROM_MAP))
    new, _, plan = mutate(spec, sources={CONFIG_MAP: {name: EVIL.encode()}})
    assert env_of(new)[name] == ""
    (warning,) = plan.warnings
    assert (warning.rule, warning.path) == ("container", ("spec", "containers", 0, "envFrom"))
    assert f"variable {name} of ConfigMap settings does not reach vault-env" in warning.message
    assert "evil" not in warning.message
    remedy = "write its value into env" if name == "VAULT_AGENT_ADDR" else "name it in env, with valueFrom"
    assert warning.message.endswith(remedy)


@pytest.mark.parametrize("name", CONNECTION)
def test_the_operators_setting_lets_env_from_set_the_connection(name: str) -> None:
    spec = spec_of(container(env=[KEY], envFrom=FROM_MAP))
    sources = {CONFIG_MAP: {name: EVIL.encode()}}
    new, _, plan = mutate(spec, with_settings(VAULT_ENV_TRUSTED_VARIABLES=name), sources)
    assert name not in env_of(new)
    assert plan.warnings == ()


def test_a_source_that_brings_none_today_may_bring_one_tomorrow() -> None:
    new, _, plan = mutate(spec_of(container(env=[KEY], envFrom=FROM_MAP)), sources={CONFIG_MAP: {}})
    assert env_of(new).keys() >= set(CONNECTION)
    assert plan.warnings == ()


def test_a_container_without_env_from_stays_as_it_was() -> None:
    assert not set(CONNECTION) & env_of(mutate(spec_of(container(env=[KEY])))[0]).keys()


@pytest.mark.parametrize(
    "own",
    [
        {"name": "VAULT_CACERT_BYTES", "value": "-----BEGIN CERTIFICATE-----"},
        {"name": "VAULT_CACERT", "value": "/etc/ca.crt"},
        {"name": "VAULT_PROXY_ADDR", "value": "http://proxy:3128"},
        {"name": "VAULT_CACERT_BYTES", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "ca"}}},
    ],
)
def test_a_variable_of_the_pod_itself_is_not_emptied(own: dict[str, Any]) -> None:
    spec = spec_of(container(env=[KEY, own], envFrom=FROM_MAP))
    new, _, plan = mutate(spec, sources={CONFIG_MAP: {"ca": b"PEM"}})
    assert own in new["containers"][0]["env"]
    assert env_of(new)[own["name"]] == own.get("value", "?")
    assert (plan.problems, plan.warnings) == ((), ())


def test_an_optional_key_that_is_missing_does_not_let_env_from_in() -> None:
    key = {"name": "settings", "key": "ca", "optional": True}
    own = {"name": "VAULT_CACERT_BYTES", "valueFrom": {"configMapKeyRef": key}}
    new = mutate(spec_of(container(env=[KEY, own], envFrom=FROM_MAP)), sources={CONFIG_MAP: {}})[0]
    env = new["containers"][0]["env"]
    assert env.index({"name": "VAULT_CACERT_BYTES", "value": ""}) < env.index(own)


def test_a_second_review_adds_nothing() -> None:
    once = mutate(spec_of(container(env=[KEY], envFrom=FROM_MAP)), sources={CONFIG_MAP: {}})[0]
    assert mutate(once, sources={CONFIG_MAP: {}})[0] == once


def test_a_variable_set_by_the_webhook_is_not_emptied() -> None:
    spec = spec_of(container(env=[KEY], envFrom=FROM_MAP))
    new = mutate(spec, config_of(vault_tls_secret="vault-ca"), {CONFIG_MAP: {}})[0]
    assert env_of(new)["VAULT_CACERT"] == "/vault-tls/ca.crt"


@pytest.mark.parametrize(
    "entry",
    [
        {"value": EVIL},
        {"value": "evil.example.com:8200"},
        {"value": "https://vault.example.com:9999"},
        {"value": "https://127.0.0.1.evil.example.com"},
        {"value": "https://$(HOST)"},
        {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "agent"}}},
    ],
)
def test_an_agent_elsewhere_is_refused(entry: dict[str, Any]) -> None:
    own = {"name": "VAULT_AGENT_ADDR", **entry}
    plan = mutate(spec_of(container(env=[KEY, own])), sources={CONFIG_MAP: {"agent": EVIL.encode()}})[2]
    (problem,) = plan.problems
    assert (problem.rule, problem.path) == ("variable", ("spec", "containers", 0, "env", 1))
    assert problem.message.startswith("container app: variable VAULT_AGENT_ADDR: ")
    trusted = with_settings(VAULT_ENV_TRUSTED_VARIABLES="VAULT_AGENT_ADDR")
    assert (
        mutate(spec_of(container(env=[KEY, own])), trusted, {CONFIG_MAP: {"agent": b"x"}})[2].problems == ()
    )


@pytest.mark.parametrize(
    "text",
    ["https://vault.example.com", "https://vault.example.com:443/", "http://127.0.0.1:8200", "http://[::1]:8200", "unix:///agent", ""],
)  # fmt: skip
def test_an_agent_of_the_pod_and_vault_itself_are_legal(text: str) -> None:
    env = [KEY, {"name": "VAULT_AGENT_ADDR", "value": text}]
    assert mutate(spec_of(container(env=env)))[2].problems == ()


def test_an_own_address_is_replaced_with_a_word() -> None:
    env = [KEY, {"name": "VAULT_ADDR", "value": EVIL}]
    new, _, plan = mutate(spec_of(container(env=env)))
    assert env_of(new)["VAULT_ADDR"] == "https://vault.example.com"
    assert messages(plan.warnings) == (
        "container app: variable VAULT_ADDR is replaced by 'https://vault.example.com': "
        "set it by the annotation vault-addr",
    )
    same = [KEY, {"name": "VAULT_ADDR", "value": "https://vault.example.com"}]
    assert mutate(spec_of(container(env=same)))[2].warnings == ()


@pytest.mark.parametrize(
    ("annotation", "name", "own", "sent"),
    [
        ("vault-namespace", "VAULT_NAMESPACE", "theirs", "ours"),
        ("vault-env-from-path", "VAULT_ENV_FROM_PATH", "kv/theirs", "kv/ours"),
        ("vault-client-timeout", "VAULT_CLIENT_TIMEOUT", "5s", "30s"),
        ("vault-role", "VAULT_ROLE", "theirs", "ours"),
        ("vault-env-daemon", "VAULT_ENV_DAEMON", "true", "false"),
        ("vault-ignore-missing-secrets", "VAULT_IGNORE_MISSING_SECRETS", "true", "false"),
    ],
)
def test_every_variable_that_an_annotation_replaces_is_warned_about(
    annotation: str, name: str, own: str, sent: str
) -> None:
    config = config_of(**{annotation.replace("-", "_"): sent})
    new, _, plan = mutate(spec_of(container(env=[KEY, {"name": name, "value": own}])), config)
    assert env_of(new)[name] == sent
    (warning,) = plan.warnings
    assert warning.message == (
        f"container app: variable {name} is replaced by {sent!r}: set it by the annotation {annotation}"
    )
    assert warning.path == ("spec", "containers", 0, "env", 1)
    assert mutate(new, config)[2].warnings == ()


@pytest.mark.parametrize(
    ("annotation", "value", "name", "file"),
    [
        ("vault-tls-secret", "ca", "VAULT_CACERT", "/vault-tls/ca.crt"),
        ("vault-token-audience", "vault", "VAULT_JWT_FILE", "/vault-jwt/token"),
        ("token-auth-mount", "data:token", "VAULT_TOKEN_FILE", "/vault-token/token"),
    ],
)
def test_a_file_of_a_login_that_an_annotation_replaces_is_warned_about(
    annotation: str, value: str, name: str, file: str
) -> None:
    config = config_of(**{annotation.replace("-", "_"): value})
    volumes = [{"name": "data", "emptyDir": {}}]
    pod_spec = spec_of(container(env=[KEY, {"name": name, "value": "/own"}]), volumes=volumes)
    new, _, plan = mutate(pod_spec, config)
    assert env_of(new)[name] == file
    assert messages(plan.warnings) == (
        f"container app: variable {name} is replaced by {file!r}: set it by the annotation {annotation}",
    )
    assert mutate(new, config)[2].warnings == ()


def test_a_long_value_is_not_repeated_in_the_warnings_of_all_containers() -> None:
    config = config_of(vault_env_from_path="secret/data/" + "x" * 10_000, vault_role="r" * 10_000)
    env = [KEY, {"name": "VAULT_ENV_FROM_PATH", "value": "own"}, {"name": "VAULT_ROLE", "value": "own"}]
    warnings = mutate(spec_of(container(env=env)), config)[2].warnings
    assert len(warnings) == 2
    assert all(len(warning.message) < 250 for warning in warnings)


def test_a_role_is_replaced_by_that_of_the_service_account() -> None:
    pod_spec = spec_of(
        container(env=[KEY, {"name": "VAULT_ROLE", "value": "theirs"}]), serviceAccountName="jo"
    )
    (message,) = messages(mutate(pod_spec)[2].warnings)
    assert message.startswith("container app: variable VAULT_ROLE is replaced by 'jo'")
    assert mutate(pod_spec, config_of(vault_role="{{ .namespace }}"))[2].warnings == ()


PLAIN_VAULT, _ = parse_config({}, read_defaults({**OPERATOR, "VAULT_ADDR": "http://vault"}))
UNVERIFIED, _ = parse_config({}, read_defaults({**OPERATOR, "VAULT_SKIP_VERIFY": "true"}))


@pytest.mark.parametrize(
    ("config", "name", "warned"),
    [
        (config_of(), "HTTPS_PROXY", False),
        (config_of(), "HTTP_PROXY", False),
        (PLAIN_VAULT, "HTTP_PROXY", True),
        (PLAIN_VAULT, "http_proxy", True),
        (PLAIN_VAULT, "HTTPS_PROXY", False),
        (PLAIN_VAULT, "VAULT_PROXY_ADDR", True),
        (UNVERIFIED, "https_proxy", True),
    ],
)
def test_a_proxy_that_can_read_the_token_is_warned_about(config: Config, name: str, warned: bool) -> None:
    env = [KEY, {"name": name, "value": "http://proxy:3128"}]
    plan = mutate(spec_of(container(env=env)), config)[2]
    assert plan.problems == ()
    assert [f"the proxy of {name} can read" in message for message in messages(plan.warnings)] == [
        True
    ] * warned
