"""The login of exec mode: every method of the agent, TLS, and unusable annotations by name."""

import base64
from collections.abc import Callable

import pytest

from tests.webhook.config.hashicorp.annotated import exec_mode, file_mode, ours, rules_and_keys
from vaultkube.errors import InvalidSetting
from vaultkube.problem import messages
from webhook.config.annotations import container_variables
from webhook.config.hashicorp.exec_mode import ExecMode
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.settings import read_settings


def variables(annotations: dict[str, str], **operator: str) -> dict[str, str]:
    mode = exec_mode(annotations, **operator)
    assert not mode.problems
    return container_variables(mode.config, "")


def test_address_mount_role_and_the_rest_are_carried_as_by_our_own_annotations() -> None:
    annotations = {
        "service": "https://other.example.com",
        "role": "api",
        "namespace": "team",
        "auth-path": "auth/k8s/prod",
        "tls-server-name": "vault.internal",
        "client-timeout": "90",
        "client-max-retries": "3",
        "proxy-address": "http://proxy:3128",
        "log-level": "trace",
        "log-format": "json",
    }
    found = variables(annotations, VAULT_ADDR_ALLOWLIST="https://other.example.com")
    expected = {
        "VAULT_ADDR": "https://other.example.com",
        "VAULT_ROLE": "api",
        "VAULT_NAMESPACE": "team",
        "VAULT_PATH": "k8s/prod",
        "VAULT_AUTH_METHOD": "kubernetes",
        "VAULT_TLS_SERVER_NAME": "vault.internal",
        "VAULT_CLIENT_TIMEOUT": "90s",
        "VAULT_MAX_RETRIES": "3",
        "VAULT_PROXY_ADDR": "http://proxy:3128",
        "VAULT_LOG_LEVEL": "debug",
        "VAULT_JSON_LOG": "true",
    }
    assert found.items() >= expected.items()


def test_without_annotations_the_operators_settings_hold() -> None:
    found = variables({}, VAULT_PATH="cluster", VAULT_ROLE="shared", AGENT_INJECT_PROXY_ADDR="http://p:1")
    assert (
        found.items()
        >= {
            "VAULT_ADDR": "https://vault.example.com",
            "VAULT_PATH": "cluster",
            "VAULT_ROLE": "shared",
            "VAULT_PROXY_ADDR": "http://p:1",
        }.items()
    )
    assert variables({}, VAULT_PATH="a", AGENT_INJECT_VAULT_AUTH_PATH="auth/b")["VAULT_PATH"] == "b"


def test_an_address_that_the_operator_does_not_allow_is_a_problem_of_the_service() -> None:
    (problem,) = exec_mode({"service": "https://evil.example.com"}).problems
    assert (problem.rule, problem.path[-1]) == ("vault-address", "vault.hashicorp.com/service")
    assert problem.message.startswith("annotation service: 'https://evil.example.com' is not allowed")


def test_a_proxy_that_vault_env_cannot_use_is_refused_unless_hashicorps_program_has_it() -> None:
    annotations = {"proxy-address": "socks5://user:password@proxy:1080"}
    (problem,) = exec_mode(annotations).problems
    assert problem.path[-1] == "vault.hashicorp.com/proxy-address"
    assert problem.message == (
        "annotation vault.hashicorp.com/proxy-address: vault-env cannot start with it: "
        "VAULT_PROXY_ADDR: only proxies of the form http://host:port are supported"
    )
    configmap = {"agent-configmap": "agent", "agent-image": "hashicorp/vault:1.21"}
    assert file_mode({**annotations, **configmap}).problems == ()


@pytest.mark.parametrize("consent", ["true", "false"])
def test_verification_is_switched_off_only_with_the_operators_consent(consent: str) -> None:
    mode = exec_mode({"tls-skip-verify": "true"}, VAULT_ALLOW_OBJECT_SKIP_VERIFY=consent)
    assert mode.config.skip_verify is (consent == "true")
    ignored = "annotation tls-skip-verify is ignored: the operator has not set VAULT_ALLOW_OBJECT_SKIP_VERIFY"
    assert (ignored in messages(mode.warnings)) is (consent == "false")


METHODS = [
    ({}, {"VAULT_AUTH_METHOD": "kubernetes"}),
    ({"auth-config-token-path": "/var/token"}, {"VAULT_JWT_FILE": "/var/token"}),
    ({"auth-config-role": "api"}, {"VAULT_ROLE": "api"}),
    ({"auth-config-role": "api", "role": "wins"}, {"VAULT_ROLE": "wins"}),
    ({"auth-type": "jwt", "auth-config-path": "/jwt"}, {"VAULT_AUTH_METHOD": "jwt", "VAULT_JWT_FILE": "/jwt"}),
    ({"auth-type": "approle", "auth-config-secret-id-file-path": "/s"}, {"VAULT_AUTH_METHOD": "approle", "VAULT_APPROLE_SECRET_ID_FILE": "/s"}),
    ({"auth-type": "approle", "auth-config-role-id-file-path": "/r"}, {"VAULT_AUTH_METHOD": "approle", "VAULT_APPROLE_ROLE_ID_FILE": "/r"}),
    ({"auth-type": "cert", "auth-config-name": "web", "auth-config-client-cert": "/c"}, {"VAULT_AUTH_METHOD": "cert", "VAULT_ROLE": "web", "VAULT_CLIENT_CERT": "/c"}),
    ({"auth-type": "ldap", "auth-config-username": "u"}, {"VAULT_AUTH_METHOD": "ldap", "VAULT_USERNAME": "u"}),
    ({"auth-type": "aws", "auth-config-type": "iam"}, {"VAULT_AUTH_METHOD": "aws-iam"}),
    ({"auth-type": "aws", "auth-config-type": "ec2"}, {"VAULT_AUTH_METHOD": "aws-ec2"}),
    ({"auth-type": "gcp", "auth-config-type": "gce"}, {"VAULT_AUTH_METHOD": "gcp-gce"}),
    ({"auth-type": "azure", "auth-config-resource": "https://management.azure.com/"}, {"VAULT_AUTH_METHOD": "azure"}),
    ({"auth-type": "token_file", "auth-config-token-file-path": "/t"}, {"VAULT_TOKEN_FILE": "/t"}),
]  # fmt: skip


@pytest.mark.parametrize(("annotations", "expected"), METHODS)
def test_a_method_becomes_a_login_of_the_launcher(
    annotations: dict[str, str], expected: dict[str, str]
) -> None:
    assert variables(annotations).items() >= expected.items()


REFUSED = [
    ({"auth-type": "kerberos"}, ("annotation-refused", "auth-type"), "cannot log in by kerberos; it can by kubernetes"),
    ({"auth-type": "github"}, ("annotation-value", "auth-type"), "'github' is not one of kubernetes"),
    ({"auth-type": "aws"}, ("annotation-value", "auth-type"), "aws needs auth-config-type: iam or ec2"),
    ({"auth-type": "token_file"}, ("annotation-value", "auth-type"), "needs auth-config-token-file-path"),
    ({"auth-type": "approle", "auth-config-secret-id-response-wrapping-path": "/r"}, ("annotation-refused", "auth-config-secret-id-response-wrapping-path"), "does not unwrap"),
    ({"auth-type": "azure", "auth-config-resource": "https://other/"}, ("annotation-refused", "auth-config-resource"), "management.azure.com"),
    ({"auth-path": "auth/../x"}, ("annotation-value", "auth-path"), "vault-env cannot start with it"),
    ({"tls-server-name": "a b"}, ("annotation-value", "tls-server-name"), "write a host's name"),
    ({"ca-cert": "/vault/tls/ca.crt"}, ("annotation-value", "ca-cert"), "needs a tls-secret"),
    ({"ca-cert": "/vault/custom/ca.crt"}, ("annotation-refused", "ca-cert"), "a file of the container"),
    ({"tls-secret": "s", "ca-cert": "/vault/tls/../x"}, ("annotation-refused", "ca-cert"), "KEY of tls-secret"),
    ({"ca-key": "/vault/tls"}, ("annotation-refused", "ca-key"), "name a file in ca-cert"),
    ({"agent-service-account-token-volume-name": "v"}, ("annotation-refused", "agent-service-account-token-volume-name"), "auth-config-token-path"),
]  # fmt: skip


@pytest.mark.parametrize(("annotations", "where", "reason"), REFUSED)
def test_an_unusable_annotation_is_refused_by_its_name(
    annotations: dict[str, str], where: tuple[str, str], reason: str
) -> None:
    mode = exec_mode(annotations)
    assert rules_and_keys(mode.problems) == [where]
    assert reason in mode.problems[0].message


def test_no_credential_of_an_annotation_is_in_a_message() -> None:
    annotations = {"auth-type": "aws", "auth-config-type": "iam", "auth-config-secret-key": "hunter2"}
    (problem,) = exec_mode(annotations).problems
    assert "AWS_SECRET_ACCESS_KEY" in problem.message
    assert "hunter2" not in problem.message


@pytest.mark.parametrize("read", [exec_mode, file_mode])
def test_a_method_without_a_path_logs_in_at_the_mount_of_its_name(
    read: Callable[..., ExecMode | FileMode],
) -> None:
    assert read({"auth-type": "approle"}).config.path == "approle"
    assert read({"auth-type": "aws", "auth-config-type": "iam"}, VAULT_PATH="k8s").config.path == "aws"
    assert read({"auth-type": "approle", "auth-path": "auth/own"}).config.path == "own"
    assert read({"auth-type": "jwt"}, VAULT_PATH="k8s").config.path == "k8s"
    usual = {"AGENT_INJECT_VAULT_AUTH_PATH": "auth/kubernetes"}
    assert read({"auth-type": "approle"}, **usual).config.path == "approle"
    operators = {"AGENT_INJECT_VAULT_AUTH_PATH": "auth/apps"}
    assert read({"auth-type": "approle"}, **operators).config.path == "apps"


def test_parameters_without_effect_are_warned_about() -> None:
    mode = exec_mode({"auth-config-remove-jwt-after-reading": "true", "auth-config-leeway": "1"})
    assert rules_and_keys(mode.warnings) == [
        ("annotation-ignored", "auth-config-leeway"),
        ("annotation-ignored", "auth-config-remove-jwt-after-reading"),
    ]


@pytest.mark.parametrize(
    ("auth_type", "parameter", "value"),
    [
        ("jwt", "remove-jwt-after-reading", "false"),
        ("approle", "remove-secret-id-file-after-reading", "false"),
        ("ldap", "remove-password-after-reading", "false"),
        ("cert", "reload", "true"),
    ],
)
def test_a_parameter_that_says_what_is_done_anyway_is_no_warning(
    auth_type: str, parameter: str, value: str
) -> None:
    mode = exec_mode({"auth-type": auth_type, f"auth-config-{parameter}": value})
    assert (mode.problems, mode.warnings) == ((), ())


def test_files_of_the_secret_are_read_where_the_launcher_has_them() -> None:
    annotations = {
        "tls-secret": "vault-tls",
        "ca-cert": "/vault/tls/root.pem",
        "client-cert": "/vault/tls/tls.crt",
        "client-key": "/etc/own.key",
    }
    config = exec_mode(annotations).config
    assert config.tls_secret == "vault-tls"
    assert config.tls_files == {"VAULT_CACERT": "root.pem", "VAULT_CLIENT_CERT": "tls.crt"}
    assert config.variables == {"VAULT_CLIENT_KEY": "/etc/own.key"}


def test_a_secret_that_no_path_names_is_not_mounted() -> None:
    mode = exec_mode({"tls-secret": "vault-tls"})
    assert mode.config.tls_secret == ""
    assert rules_and_keys(mode.warnings) == [("annotation-ignored", "tls-secret")]


def test_the_operators_secret_holds_unless_another_ca_is_named() -> None:
    config = exec_mode({}, VAULT_TLS_SECRET="ca").config
    assert (config.tls_secret, dict(config.tls_files)) == ("ca", {"VAULT_CACERT": "ca.crt"})
    config = exec_mode({"ca-cert": "/etc/ca.pem"}, VAULT_TLS_SECRET="ca").config
    assert (config.tls_secret, config.variables) == ("", {"VAULT_CACERT": "/etc/ca.pem"})


def test_our_own_annotations_say_nothing_about_the_login_and_all_about_the_launcher() -> None:
    own = ours(vault_role="own", vault_path="own", vault_env_from_path="kv/a", vault_env_delay="2s")
    config = exec_mode({"role": "theirs"}, own).config
    assert (config.role, config.path, config.from_path, config.delay_s) == ("theirs", "kubernetes", "", 2)


def test_a_named_token_wins_over_the_operators_audience() -> None:
    config = exec_mode({"auth-config-token-path": "/t"}, VAULT_TOKEN_AUDIENCE="vault").config
    assert (config.jwt_file, config.token_audience) == ("/t", "")
    assert exec_mode({}, VAULT_TOKEN_AUDIENCE="vault").config.token_audience == "vault"


PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


@pytest.mark.parametrize("text", [PEM, base64.encodebytes(PEM.encode()).decode()])
def test_the_injectors_own_ca_reaches_the_launcher_unless_another_is_named(text: str) -> None:
    theirs = {"AGENT_INJECT_VAULT_CACERT_BYTES": text}
    assert variables({}, **theirs)["VAULT_CACERT_BYTES"] == PEM
    assert "VAULT_CACERT_BYTES" not in variables({"ca-cert": "/etc/ca.pem"}, **theirs)
    assert "VAULT_CACERT_BYTES" not in variables({}, **theirs, VAULT_TLS_SECRET="ca")
    assert "VAULT_CACERT_BYTES" not in variables({})


def test_a_ca_of_the_injector_that_is_none_stops_the_webhook() -> None:
    with pytest.raises(
        InvalidSetting, match=r"AGENT_INJECT_VAULT_CACERT_BYTES='ca\.crt' is not certificates in PEM"
    ):
        read_settings({"AGENT_INJECT_VAULT_CACERT_BYTES": "ca.crt"})
