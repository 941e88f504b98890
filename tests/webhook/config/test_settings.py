"""The operator's settings, and the rules for all of their tables."""

import pytest
from requests.certs import where

from vaultkube.errors import InvalidSetting
from vaultkube.settings_table import Row, read_table
from webhook.config.annotation_table import ANNOTATIONS
from webhook.config.annotations import read_defaults
from webhook.config.settings import SETTINGS, Settings, read_settings
from webhook.registry.settings import SETTINGS as REGISTRY_SETTINGS
from webhook.registry.settings import RegistrySettings

ROWS = [row for row in (*SETTINGS, *ANNOTATIONS, *REGISTRY_SETTINGS) if row.settings]
TEXTS = (
    "7",
    "true",
    "30s",
    "vault",
    "jwt",
    "info",
    "Always",
    "init",
    "native",
    "readiness",
    "enforce",
    "pods",
    "linux/arm64",
    "self-managed",
    ":8080",
    "https://vault:8200",
    "2160h",
    "a.b=c.d",
    "text",
    "-----BEGIN CERTIFICATE-----",
    where(),  # a file with certificates
)


def usable(row: Row) -> str:
    """Return a text that the row accepts."""
    return next(text for text in TEXTS if accepts(row, text))


def accepts(row: Row, text: str) -> bool:
    try:
        row.type.parse(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.settings[0])
def test_blanks_around_a_text_have_no_meaning(row: Row) -> None:
    name, text = row.settings[0], usable(row)
    assert read_table([row], {name: f" {text}\n"}) == {row.field: row.type.parse(text)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.settings[0])
def test_a_blank_text_is_the_default(row: Row) -> None:
    assert read_table([row], {row.settings[0]: " "}) == {row.field: row.type.parse(row.default)}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8080", ("::", 8080)),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_the_health_listener_has_host_and_port(text: str, address: tuple[str, int]) -> None:
    settings = read_settings({"HEALTH_ADDRESS": text})
    assert settings.health_address == address
    assert settings.is_attended()
    assert not Settings().is_attended()


@pytest.mark.parametrize("text", ["8080", "localhost", ":x", ":65536", ":²", "a:"])
def test_a_health_listener_without_a_port_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"HEALTH_ADDRESS=.* is not HOST:PORT"):
        read_settings({"HEALTH_ADDRESS": text})


@pytest.mark.parametrize("name", ["TLS_CERT_FILE", "PATH_SEGMENTS_FILE", "AGENT_INJECT_TLS_KEY_FILE"])
def test_a_self_managed_certificate_has_no_files(name: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} is not for CERTIFICATE=self-managed"):
        read_settings({"CERTIFICATE": "Self-Managed", name: "/tls"})


def test_the_certificate_of_cert_manager_is_a_file_and_its_path_is_none() -> None:
    files = {"TLS_CERT_FILE": "/tls/tls.crt", "TLS_PRIVATE_KEY_FILE": "/tls/tls.key"}
    assert read_settings({"CERTIFICATE": "cert-manager", **files}).is_attended()
    with pytest.raises(InvalidSetting, match="CERTIFICATE=cert-manager needs TLS_CERT_FILE"):
        read_settings({"CERTIFICATE": "cert-manager"})
    with pytest.raises(InvalidSetting, match="PATH_SEGMENTS_FILE is not for CERTIFICATE=cert-manager"):
        read_settings({"CERTIFICATE": "cert-manager", "PATH_SEGMENTS_FILE": "/x", **files})


def test_without_variables_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_every_table_strips_blanks_around_values() -> None:
    assert read_settings({"WORKERS": " 2"}).workers == 2
    assert read_defaults({"RUN_AS_USER": " 1000\n"})["run_as_user"] == 1000
    assert RegistrySettings.from_environ({"REGISTRY_CONCURRENCY": " 8"}).concurrency == 8


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("WORKERS", "0"), ("THREADS", "0"), ("ADMISSION_BUDGET", "0"), ("CERTIFICATE_LIFETIME", "1s")),
        *(("VAULT_ADDR_ALLOWLIST", "https://a, https://b:99999"), ("VAULT_ADDR_ALLOWLIST", "vault:8200")),
        *(("LISTEN_ADDRESS", "8443"), ("LISTEN_ADDRESS", ":99999"), ("AGENT_INJECT_LISTEN", "host")),
    ],
)
def test_a_value_with_which_nothing_is_served_or_allowed_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name}='{text}' is not "):
        read_settings({name: text})


@pytest.mark.parametrize("other", [{}, {"TLS_PRIVATE_KEY_FILE": " "}])
def test_a_certificate_without_its_key_is_refused_with_all_other_problems(other: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match=r"go together: set both, or none .*; WORKERS='two' is not"):
        read_settings({"TLS_CERT_FILE": "/tls.crt", "WORKERS": "two", **other})


def test_every_row_has_a_help_and_every_variable_is_unique_in_its_table() -> None:
    assert all(row.help for row in ROWS)
    for rows in (SETTINGS, REGISTRY_SETTINGS):
        names = [name for row in rows for name in row.settings]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("environ", "memory"),
    [
        ({"VAULT_ENV_MEMORY_REQUEST": "128Mi"}, ("128Mi", "128Mi")),
        ({"VAULT_ENV_MEMORY_LIMIT": "32Mi"}, ("32Mi", "32Mi")),
        ({"VAULT_ENV_MEMORY_REQUEST": "32Mi", "VAULT_ENV_MEMORY_LIMIT": "1Gi"}, ("32Mi", "1Gi")),
        ({"VAULT_ENV_MEMORY_REQUEST": "", "VAULT_ENV_CPU_LIMIT": "10m"}, ("64Mi", "64Mi")),
    ],
)
def test_no_request_of_the_init_container_is_above_its_limit(
    environ: dict[str, str], memory: tuple[str, str]
) -> None:
    settings = read_settings(environ)
    assert (settings.launcher_memory_request, settings.launcher_memory_limit) == memory


def test_a_request_and_a_limit_that_contradict_each_other_stop_the_webhook() -> None:
    with pytest.raises(InvalidSetting, match="VAULT_ENV_CPU_REQUEST=1 is more than VAULT_ENV_CPU_LIMIT=100m"):
        read_settings({"VAULT_ENV_CPU_REQUEST": "1", "VAULT_ENV_CPU_LIMIT": "100m"})
