"""The gate of file mode, the settings of its agent, and annotations without effect."""

import pytest

from tests.webhook.config.hashicorp.annotated import GATE, file_mode, named, ours, read_files, rules_and_keys
from vaultenv.agent_document import parse_agent
from vaultenv.agent_settings import AgentFile, AgentSettings, Listener
from vaultenv.template_sources import TemplateSource
from vaultkube.problem import messages
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.sidecar import Sidecar

SECRET = {"agent-inject-secret-db": "secret/data/db"}
FILE = AgentFile(TemplateSource("db", "secret/data/db", default="map"), "/vault/secrets/db")


@pytest.mark.parametrize(
    "annotations",
    [
        {},
        {"agent-inject": "false"},
        {"agent-inject": ""},
        {"agent-inject": "true", "agent-inject-status": "injected"},
        GATE,
        {"agent-inject": "true", "agent-exec-command": "/server"},
        {"agent-inject": "true", "agent-run-as-sidecar": "no"},
    ],
)
def test_other_pods_are_not_in_file_mode(annotations: dict[str, str]) -> None:
    assert read_files({**SECRET, **annotations}) is None


@pytest.mark.parametrize(
    "annotations",
    [{}, {"agent-inject-status": "update"}, {"agent-run-as-sidecar": "true"}, {"agent-inject": "1"}],
)
def test_a_pod_with_only_the_gate_is_in_file_mode(annotations: dict[str, str]) -> None:
    mode = file_mode({**SECRET, **annotations})
    assert (mode.files, mode.problems, mode.warnings) == ((FILE,), (), ())


def test_a_gate_that_cannot_be_read_is_refused() -> None:
    mode = file_mode({**SECRET, "agent-inject": "yes"})
    assert rules_and_keys(mode.problems) == [("annotation-value", "agent-inject")]


def settings(mode: FileMode, *, stays: bool = True, handover: str = "") -> AgentSettings:
    return parse_agent(mode.text(stays=stays, handover=handover))


def test_an_agent_has_the_injectors_settings_by_default() -> None:
    assert settings(file_mode(SECRET)) == AgentSettings((FILE,))
    assert settings(file_mode(SECRET), handover="/c/l") == AgentSettings((FILE,), handover="/c/l")


ALL = {
    **SECRET,
    "agent-inject-token": "true",
    "template-static-secret-render-interval": "30s",
    "template-lease-renewal-threshold": "0.5",
    "template-config-exit-on-retry-failure": "false",
    "agent-auto-auth-exit-on-err": "true",
    "auth-min-backoff": "2s",
    "auth-max-backoff": "1m",
    "agent-revoke-on-shutdown": "true",
    "agent-cache-enable": "true",
    "agent-cache-listener-port": "8100",
    "agent-cache-use-auto-auth-token": "force",
    "agent-enable-quit": "true",
}


def test_annotations_set_the_settings_of_the_agent() -> None:
    mode = file_mode(ALL)
    assert (mode.problems, mode.warnings) == ((), ())
    assert settings(mode) == AgentSettings(
        (FILE,),
        "/vault/secrets/token",
        interval_s=30.0,
        lease_threshold=0.5,
        exit_on_retry_failure=False,
        exit_on_login_error=True,
        min_backoff_s=2.0,
        max_backoff_s=60.0,
        revoke_on_shutdown=True,
        listener=Listener(8100, "force", quit=True),
    )


def test_an_agent_that_ends_neither_listens_nor_revokes_the_token_that_the_next_one_uses() -> None:
    found = settings(file_mode(ALL), stays=False)
    assert (found.listener, found.revoke_on_shutdown) == (None, False)
    assert found.files == (FILE,)


def test_the_annotation_for_quit_has_a_listener_without_a_token() -> None:
    quits = file_mode({**SECRET, "agent-enable-quit": "true"})
    assert settings(quits).listener == Listener(8200, "false", quit=True)


def test_the_injectors_variables_set_the_agent_of_all_pods() -> None:
    mode = file_mode(
        SECRET,
        AGENT_INJECT_TEMPLATE_STATIC_SECRET_RENDER_INTERVAL="10m",
        AGENT_INJECT_REVOKE_ON_SHUTDOWN="true",
    )
    found = settings(mode)
    assert (found.interval_s, found.revoke_on_shutdown) == (600.0, True)
    assert not mode.warnings


def test_our_annotations_set_form_mounts_and_probes_of_the_agent() -> None:
    mode = file_mode(SECRET)
    assert (mode.sidecar, mode.is_writable, mode.probes) == (Sidecar.AUTO, False, ())
    own = ours(
        vault_agent_sidecar="native",
        vault_agent_secrets_writable="true",
        vault_agent_probes="liveness,readiness",
    )
    mode = file_mode(SECRET, own)
    assert (mode.sidecar, mode.is_writable, mode.probes) == (
        Sidecar.NATIVE,
        True,
        ("readiness", "liveness"),
    )


def test_the_agent_has_the_login_and_nothing_that_is_for_a_program() -> None:
    own = ours(
        vault_role="own", vault_env_from_path="secret/x", vault_env_daemon="true", vault_env_image="e:2"
    )
    config = file_mode({**SECRET, "role": "app"}, own, VAULT_ENV_DELAY="1s", TRANSIT_KEY_ID="k").config
    assert (config.role, config.from_path, config.daemon, config.delay_s) == ("app", "", False, None)
    assert (config.transit_key, config.sources, config.launcher_image) == ("", (), "e:2")
    assert config.name_of("role") == "role"


NO_EFFECT = [
    {"agent-image": "hashicorp/vault:1.15"},
    {"go-max-procs": "2"},
    {"agent-telemetry-prometheus_retention_time": "24h"},
    {"agent-disable-keep-alives": "templating"},
    {"agent-disable-idle-connections": "caching"},
    {"template-max-connections-per-host": "5"},
    {"agent-cache-exit-on-err": "true"},
    {"agent-request-namespace": "x"},
    {"agent-run-as-sidecar": "true", "agent-exec-command": "/server"},
]


@pytest.mark.parametrize("annotations", NO_EFFECT, ids=lambda each: list(each)[-1])
def test_an_annotation_without_effect_is_a_warning(annotations: dict[str, str]) -> None:
    mode = file_mode({**SECRET, **annotations})
    assert rules_and_keys(mode.warnings) == [("annotation-ignored", list(annotations)[-1])]
    assert mode.problems == ()


@pytest.mark.parametrize("key", ["agent-revoke-on-shutdown", "agent-cache-enable", "agent-enable-quit"])
def test_what_only_a_staying_agent_does_is_a_warning_without_one(key: str) -> None:
    mode = file_mode({**SECRET, key: "true", "agent-pre-populate-only": "true"})
    assert rules_and_keys(mode.warnings) == [("annotation-ignored", key)]


@pytest.mark.parametrize(
    ("key", "value"), [("agent-cache-listener-port", "8300"), ("agent-cache-use-auto-auth-token", "force")]
)
def test_a_setting_of_the_listener_without_a_listener_is_a_warning(key: str, value: str) -> None:
    assert rules_and_keys(file_mode({**SECRET, key: value}).warnings) == [("annotation-ignored", key)]
    assert not file_mode({**SECRET, key: value, "agent-cache-enable": "true"}).warnings
    quitting = file_mode({**SECRET, "agent-cache-listener-port": "8300", "agent-enable-quit": "true"})
    usual = file_mode(
        {**SECRET, "agent-cache-listener-port": "8200", "agent-cache-use-auto-auth-token": "true"}
    )
    assert not (*quitting.warnings, *usual.warnings)


def test_an_agent_logs_in_by_approle_with_files_of_the_extra_secret() -> None:
    ids = {
        "auth-config-role-id-file-path": "/vault/custom/role-id",
        "auth-config-secret-id-file-path": "/vault/custom/secret-id",
    }
    approle = {"auth-type": "approle", "auth-path": "auth/approle", **SECRET, **ids}
    mode = file_mode({**approle, "agent-extra-secret": "app"})
    assert (mode.config.auth_method, mode.config.path, mode.problems) == ("approle", "approle", ())
    assert mode.config.variables == {
        "VAULT_APPROLE_ROLE_ID_FILE": "/vault/custom/role-id",
        "VAULT_APPROLE_SECRET_ID_FILE": "/vault/custom/secret-id",
    }
    assert rules_and_keys(file_mode(approle).problems) == [("annotation-value", key) for key in ids]


def test_a_pod_without_any_agent_is_a_warning() -> None:
    neither = {"agent-pre-populate": "false", "agent-pre-populate-only": "true"}
    mode = file_mode({"agent-inject-secret-a": "kv/a", **neither})
    assert rules_and_keys(mode.warnings) == [("annotation-ignored", "agent-pre-populate")]


def test_a_secret_for_tls_that_nothing_names_is_a_warning() -> None:
    tls = {**SECRET, "tls-secret": "vault-tls"}
    assert rules_and_keys(file_mode(tls).warnings) == [("annotation-ignored", "tls-secret")]
    assert not file_mode({**tls, "ca-cert": "/vault/tls/ca.crt"}).warnings
    assert not file_mode({**tls, "agent-inject-template-file-db": "/vault/tls/db.ctmpl"}).warnings


def test_a_command_without_anything_that_brings_its_program_is_a_warning() -> None:
    command = {**SECRET, "agent-inject-command-db": "pkill -HUP app"}
    assert rules_and_keys(file_mode(command).warnings) == [("agent-command", "agent-inject-command-db")]
    assert not file_mode({**command, "agent-copy-volume-mounts": "tools"}).warnings
    assert not file_mode(command, ours(vault_env_image="own:1")).warnings


def test_an_agent_without_files_is_a_warning() -> None:
    (message,) = messages(file_mode({}).warnings)
    assert "the agent brings nothing" in message
    assert not file_mode({"agent-cache-enable": "true"}).warnings
    assert not file_mode({"agent-inject-token": "true"}).warnings


REFUSED = [
    ({"agent-inject-default-template": "yaml"}, "annotation-value", "agent-inject-default-template"),
    ({"auth-min-backoff": "10m"}, "annotation-value", "auth-min-backoff"),
    ({"agent-cache-listener-port": "0"}, "annotation-value", "agent-cache-listener-port"),
    ({"agent-cache-listener-port": "65536"}, "annotation-value", "agent-cache-listener-port"),
    ({"agent-requests-cpu": "1", "agent-limits-cpu": "500m"}, "annotation-value", "agent-requests-cpu"),
    ({"agent-json-patch": "{}"}, "annotation-value", "agent-json-patch"),
    ({"agent-inject-template-db": "{{ secrit }}"}, "template", "agent-inject-template-db"),
    ({"service": "https://localhost"}, "vault-address", "service"),
    ({"auth-type": "kerberos"}, "annotation-refused", "auth-type"),
    (
        {"auth-type": "approle", "auth-config-secret-id-response-wrapping-path": "x"},
        "annotation-refused",
        "auth-config-secret-id-response-wrapping-path",
    ),
    ({"ca-cert": "/vault/tls/ca.crt"}, "annotation-value", "ca-cert"),
    ({"ca-cert": "/vault/custom/ca.crt"}, "annotation-value", "ca-cert"),
    ({"tls-server-name": "a b"}, "annotation-value", "tls-server-name"),
]


@pytest.mark.parametrize(("annotations", "rule", "key"), REFUSED)
def test_an_annotation_that_the_agent_cannot_follow_is_refused_by_name(
    annotations: dict[str, str], rule: str, key: str
) -> None:
    assert rules_and_keys(file_mode({**SECRET, **annotations}).problems) == [(rule, key)]


def test_all_problems_are_reported_at_once() -> None:
    mode = file_mode(
        {**SECRET, "agent-inject-file-db": "..", "auth-type": "oci", "agent-inject-perms-db": "999"}
    )
    assert len(mode.problems) == 3


def test_unknown_keys_are_warned_about() -> None:
    mode = file_mode({**SECRET, "vault-addr": "https://v", "secret-x": "secret/x"})
    assert rules_and_keys(mode.warnings) == [
        ("annotation-unknown", "secret-x"),
        ("annotation-unknown", "vault-addr"),
    ]
    assert "agent-inject-secret-x" in messages(mode.warnings)[0]


def test_templates_too_long_for_a_variable_are_refused() -> None:
    (message,) = messages(file_mode({f"agent-inject-template-{n}": "x" * 10_000 for n in range(13)}).problems)
    assert "shorten them, or name a file in agent-inject-template-file-NAME" in message


def test_no_annotation_of_the_family_is_read_without_the_gate() -> None:
    assert read_files({"auth-type": "nothing", **SECRET}) is None
    assert named({"agent-inject": "true"}) == {"vault.hashicorp.com/agent-inject": "true"}


TLS = {"tls-secret": "vault-ca", "ca-cert": "/vault/tls/ca.crt", "client-cert": "/vault/tls/client.crt"}


def test_files_of_the_tls_secret_are_where_the_annotations_say() -> None:
    mode = file_mode({**SECRET, **TLS, "client-key": "/vault/tls/client.key"})
    assert mode.problems == ()
    assert (mode.tls_secret, mode.config.tls_secret) == ("vault-ca", "")
    assert mode.config.variables == {
        "VAULT_CACERT": "/vault/tls/ca.crt",
        "VAULT_CLIENT_CERT": "/vault/tls/client.crt",
        "VAULT_CLIENT_KEY": "/vault/tls/client.key",
    }


def test_the_operators_ca_is_used_unless_the_pod_names_one() -> None:
    operator = {"VAULT_TLS_SECRET": "ca"}
    mode = file_mode(SECRET, None, **operator)
    assert (mode.tls_secret, mode.config.variables) == ("ca", {"VAULT_CACERT": "/vault/tls/ca.crt"})
    mode = file_mode({**SECRET, "ca-cert": "/etc/ca.crt"}, None, **operator)
    assert (mode.tls_secret, mode.config.variables) == ("", {"VAULT_CACERT": "/etc/ca.crt"})
    mode = file_mode({**SECRET, "ca-cert": "/vault/tls/other.crt"}, None, **operator)
    assert (mode.tls_secret, mode.config.variables) == ("ca", {"VAULT_CACERT": "/vault/tls/other.crt"})


def test_ca_key_is_a_directory_as_for_the_injector() -> None:
    assert file_mode({**SECRET, "ca-key": "/etc/ssl/certs"}).config.variables == {
        "VAULT_CAPATH": "/etc/ssl/certs"
    }


@pytest.mark.parametrize(
    ("call", "is_known"),
    [
        ('env "NAMESPACE"', True),
        ('env "POD_IP"', True),
        ('printf "%s" (env "HOST_IP")', True),
        ('env "HOME"', False),
        ("env", False),
        ('"POD_IP" | env', False),
        ('mustEnv "POD_IP"', False),
    ],
)
def test_templates_of_files_see_where_the_pod_runs_and_no_other_variable(call: str, is_known: bool) -> None:
    mode = file_mode({"agent-inject-template-db": f"{{{{ {call} }}}}"})
    assert rules_and_keys(mode.problems) == ([] if is_known else [("template", "agent-inject-template-db")])


def test_the_file_of_the_token_has_an_annotated_mode() -> None:
    token, perms = {"agent-inject-token": "true"}, {"agent-inject-perms-token": "0644"}
    mode = file_mode({**token, **perms})
    assert (settings(mode).token_mode, mode.warnings) == (0o644, ())
    assert settings(file_mode(token)).token_mode == 0o640


def test_a_mode_is_not_that_of_the_token_without_its_file_or_beside_another_of_that_name() -> None:
    perms = {"agent-inject-perms-token": "0644"}
    without = file_mode({**SECRET, **perms})
    assert rules_and_keys(without.warnings) == [("annotation-ignored", "agent-inject-perms-token")]
    assert settings(without).token_mode == 0o640
    other = {"agent-inject-secret-token": "secret/a", "secret-volume-path-token": "/other"}
    beside = file_mode({"agent-inject-token": "true", **perms, **other})
    assert (settings(beside).token_mode, settings(beside).files[0].mode) == (0o640, 0o644)
