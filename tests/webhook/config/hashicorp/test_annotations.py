"""The table of HashiCorp's annotations: values, defaults, NAME, bad values, unknown keys."""

import pytest

from tests.webhook.config.hashicorp.annotated import named
from vaultkube.errors import InvalidSetting
from vaultkube.problem import Problem, messages
from webhook.config.annotation_keys import HASHICORP_PREFIX as PREFIX
from webhook.config.annotation_table import ANNOTATIONS
from webhook.config.annotations import VARIABLES as LAUNCHER
from webhook.config.annotations import read_defaults
from webhook.config.hashicorp.annotations import find_unknown, parse_agent_config, read_agent_defaults
from webhook.config.hashicorp.auth import METHODS
from webhook.config.hashicorp.rows import AgentAnnotation, Mode
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS, AgentConfig
from webhook.config.settings import read_settings

TEXTS = (
    "true",
    "7",
    "30s",
    "0.5",
    "json",
    "debug",
    "jwt",
    "0640",
    "auth/x",
    "100m",
    "[]",
    "caching",
    "false",
    "app",
)
STRICT = [row for row in AGENT_ANNOTATIONS if row.type.accepted != "any text"]
SET_BY_OPERATOR = [row for row in AGENT_ANNOTATIONS if row.settings]


def names(row: AgentAnnotation) -> str:
    return row.shown_key()


def example(row: AgentAnnotation) -> str:
    """Return a text that the row accepts and that differs from its default."""
    return next(text for text in TEXTS if usable(row, text))


def usable(row: AgentAnnotation, text: str) -> bool:
    try:
        return bool(row.type.parse(text) != row.type.parse(row.default))
    except ValueError:
        return False


def parsed(annotations: dict[str, str], **environ: str) -> AgentConfig:
    config, problems = parse_agent_config(named(annotations), read_agent_defaults(environ))
    assert not problems
    return config


def test_every_key_is_unique_and_every_row_has_a_help() -> None:
    keys = [row.shown_key() for row in AGENT_ANNOTATIONS]
    settings = [name for row in AGENT_ANNOTATIONS for name in row.settings]
    assert len(keys) == len(set(keys))
    assert len(settings) == len(set(settings))
    assert all(row.help for row in AGENT_ANNOTATIONS)


def test_a_row_that_exec_mode_cannot_use_says_why() -> None:
    unusable = {row.key for row in AGENT_ANNOTATIONS if row.mode in (Mode.FILES, Mode.NONE)}
    assert {row.key for row in AGENT_ANNOTATIONS if row.refused} <= unusable
    assert all(row.why for row in AGENT_ANNOTATIONS if row.refused or row.mode is Mode.NONE)


def test_rows_and_parameters_set_existing_fields_and_variables() -> None:
    fields, variables = {row.field for row in ANNOTATIONS}, {row.name for row in LAUNCHER}
    parameters = [one for method in METHODS.values() for one in method.parameters.values()]
    for row in (*AGENT_ANNOTATIONS, *parameters):
        assert row.sets in fields | {""}
        assert row.variable in variables | {""}


@pytest.mark.parametrize("row", AGENT_ANNOTATIONS, ids=names)
def test_an_annotation_sets_its_field(row: AgentAnnotation) -> None:
    text = example(row)
    config = parsed({row.key + ("-some.name" if row.each else ""): text})
    value = row.type.parse(text)
    assert getattr(config, row.field) == ({"some.name": value} if row.each else value)
    assert config.annotated == {row.field}


@pytest.mark.parametrize("row", SET_BY_OPERATOR, ids=names)
def test_an_annotation_wins_over_the_injectors_variable(row: AgentAnnotation) -> None:
    text = example(row)
    by_operator = parsed({}, **{row.settings[0]: text})
    assert getattr(by_operator, row.field) == row.type.parse(text)
    assert not by_operator.annotated
    both = parsed({row.key: row.default or text}, **{row.settings[0]: text})
    assert getattr(both, row.field) == row.type.parse(row.default or text)


def test_a_bad_variable_of_the_injector_stops_the_webhook_with_all_others() -> None:
    with pytest.raises(InvalidSetting, match=r"WORKERS='two' is not|AGENT_INJECT_RUN_AS_USER='me'") as error:
        read_settings({"WORKERS": "two", "AGENT_INJECT_RUN_AS_USER": "me"})
    assert "WORKERS" in str(error.value)
    assert "AGENT_INJECT_RUN_AS_USER='me' is not a whole number" in str(error.value)


def test_the_injectors_variables_are_read_where_ours_are_not_set() -> None:
    theirs = {
        "AGENT_INJECT_VAULT_ADDR": "https://v",
        "AGENT_INJECT_VAULT_NAMESPACE": "team",
        "AGENT_INJECT_LISTEN": ":8080",
        "AGENT_INJECT_LOG_LEVEL": "debug",
        "AGENT_INJECT_TLS_CERT_FILE": "/crt",
        "AGENT_INJECT_TLS_KEY_FILE": "/key",
    }
    settings, defaults = read_settings(theirs), read_defaults(theirs)
    assert (defaults["address"], defaults["vault_namespace"]) == ("https://v", "team")
    assert (settings.listen_address, settings.log_level) == (":8080", "debug")
    assert (settings.tls_cert_file, settings.tls_private_key_file) == ("/crt", "/key")
    mine = {**theirs, "VAULT_ADDR": "https://mine", "LISTEN_ADDRESS": ":1"}
    assert read_defaults(mine)["address"] == "https://mine"
    assert read_settings(mine).listen_address == ":1"


def test_a_certificate_of_the_injector_without_its_key_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="TLS_CERT_FILE and TLS_PRIVATE_KEY_FILE go together"):
        read_settings({"AGENT_INJECT_TLS_CERT_FILE": "/crt"})


@pytest.mark.parametrize("row", STRICT, ids=names)
def test_a_bad_value_is_a_problem_with_key_value_and_accepted_form(row: AgentAnnotation) -> None:
    key = PREFIX + row.key + ("-x" if row.each else "")
    _, problems = parse_agent_config({key: "not 'so\n"}, read_agent_defaults({}))
    message = f'annotation {key}: "not \'so\\n" is not {row.type.accepted}'
    assert problems == [Problem("annotation-value", ("metadata", "annotations", key), message)]


def test_blank_texts_count_as_not_set() -> None:
    blank = {"role": "", "agent-inject": " ", "agent-inject-secret-a": "", "agent-inject-template-a": "\n"}
    assert parsed(blank) == AgentConfig()


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_texts_of_files_count_as_not_set_unless_empty_is_a_value(text: str) -> None:
    keys = (
        "agent-inject-file-a",
        "agent-inject-template-file-a",
        "agent-inject-command-a",
        "secret-volume-path",
        "secret-volume-path-a",
        "agent-run-as-user",
        "agent-revoke-grace",
        "agent-cache-listener-port",
        "template-lease-renewal-threshold",
        "agent-json-patch",
    )
    assert parsed(dict.fromkeys(keys, text)) == AgentConfig()
    assert parsed({"agent-pre-populate": text}).pre_populate is False


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_limit_of_the_agent_removes_the_limit(text: str) -> None:
    assert parsed({"agent-limits-cpu": text}).limits_cpu is None
    assert parsed({}).limits_cpu == "500m"


def test_a_template_file_is_a_template_if_a_secret_has_that_name() -> None:
    key = "agent-inject-template-file-x"
    assert parsed({key: "/x.ctmpl"}).template_files == {"x": "/x.ctmpl"}
    config = parsed({key: "{{ . }}", "agent-inject-secret-file-x": "kv/x"})
    assert (config.templates, config.template_files) == ({"file-x": "{{ . }}"}, {})


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("vault-addr", "service"),
        ("vault-address", "service"),
        ("secret-config.env", "agent-inject-secret-config.env"),
        ("template-config.env", "agent-inject-template-config.env"),
        ("agent-inject-contaners", "agent-inject-containers"),
        ("agent-inject-secrets-db", "agent-inject-secret-db"),
        ("agent-inject-secret-", "agent-inject-secret-NAME"),
        ("agent-inject-secret", "agent-inject-secret-NAME"),
        ("agent-inject-template", "agent-inject-template-NAME"),
        ("auth-config", "auth-config-NAME"),
        ("agent-log-level", "log-level"),
        ("agent-cpu-limit", "agent-limits-cpu"),
        ("agent-memory-request", "agent-requests-mem"),
        ("agent-vault-role", "role"),
        ("agent-namespace", "namespace"),
        ("agent-auth-path", "auth-path"),
        ("vault-ca-cert", "ca-cert"),
        ("auth-method", "auth-type"),
        ("init-first", "agent-init-first"),
        ("agent-inject-init-first", "agent-init-first"),
        ("pre-populate-only", "agent-pre-populate-only"),
        ("revoke-on-shutdown", "agent-revoke-on-shutdown"),
        ("static-secret-render-interval", "template-static-secret-render-interval"),
        ("template-config-static-secret-render-interval", "template-static-secret-render-interval"),
        ("template-static-secret-render-interval-db", "template-static-secret-render-interval"),
        ("agent-requests-ephemeral-storage", "agent-requests-ephemeral"),
        ("agent-service-account-token-volume", "agent-service-account-token-volume-name"),
        ("secret-volume-path_db", "secret-volume-path-db"),
        ("agent-inject-secret_db", "agent-inject-secret-db"),
        ("agent-inject-token-perms", "agent-inject-perms-token"),
    ],
)
def test_an_unknown_key_is_a_warning_with_a_suggestion(key: str, meant: str) -> None:
    message = f"unknown annotation {PREFIX}{key}; did you mean {PREFIX}{meant}?"
    assert find_unknown(named({key: "x"})) == [
        Problem("annotation-unknown", ("metadata", "annotations", PREFIX + key), message)
    ]


def test_of_many_unknown_keys_only_as_many_have_a_suggestion_as_are_shown() -> None:
    warnings = find_unknown(named({f"agent-imags-{number:02}": "x" for number in range(20)}))
    assert (
        len([text for text in messages(warnings) if text.endswith("; see docs/hashicorp-annotations.md")])
        >= 10
    )


def test_a_name_is_needed_and_others_keys_are_not_looked_at() -> None:
    assert messages(find_unknown(named({"agent-inject-secret-": "x"})))
    assert not find_unknown({"other/agent-inject": "x", PREFIX + "role": "x"})


@pytest.mark.parametrize(
    "prefix", ["vault-hashicorp-com-", "vault.hasicorp.com/", "vault.hashicorp.com-", "vaults.hashicorp.com/"]
)
def test_a_misspelt_prefix_is_a_warning(prefix: str) -> None:
    key = prefix + "agent-requests-cpu"
    (warning,) = find_unknown({key: "10m", PREFIX + "role": "x"})
    assert warning.message == f"annotation {key} is not read: its prefix is not {PREFIX}"


@pytest.mark.parametrize(
    "key",
    [
        "secrets.hashicorp.com/x",
        "consul.hashicorp.com/connect-inject",
        "vault.security.banzaicloud.io/x",
        "vault.example.com/x",
    ],
)
def test_a_key_of_another_family_is_no_warning(key: str) -> None:
    assert find_unknown({key: "x"}) == []
