"""The operator's settings: environment variables, each with its default and meaning."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vaultkube.provisioning.layout import API_SERVER
from vaultkube.reloads import WORKLOADS
from vaultkube.settings_table import Row, read_table, rows_of, setting
from vaultkube.value_types import (
    BOOLEAN,
    DURATION,
    HOST_PORT,
    LINE,
    PATH_PATTERNS,
    REFRESH,
    TEXT,
    WORDS,
    ValueType,
    choice,
    number,
)
from vaultsync.collections import RefreshedCollection, refreshed_collection


def _some_of(*known: str) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        words: tuple[str, ...] = tuple(WORDS.parse(text))
        if not set(words) <= set(known):
            raise ValueError(text)
        return words

    return parse


def _interval_s(text: str) -> float:
    interval_s: float = REFRESH.parse(text)
    if not interval_s:
        raise ValueError(text)
    return interval_s


def _collections(text: str) -> tuple[RefreshedCollection, ...]:
    return tuple(refreshed_collection(word) for word in WORDS.parse(text))


_COLLECTIONS = ValueType("names of resources with commas between them", _collections)
_WORKLOADS = ValueType(f"some of {', '.join(WORKLOADS)}, with commas between them", _some_of(*WORKLOADS))
_SOURCES = ValueType("some of ConfigMap, Secret, with a comma between them", _some_of("ConfigMap", "Secret"))
_PACE = ValueType("a whole number from 1 to 600", number(1, 600))
_INTERVAL = ValueType("a duration from 5s on, such as 1m", _interval_s)
_THREADS = ValueType("a whole number from 1 to 64", number(1, 64))
_LEVEL = ValueType("one of debug, info, warn, error", choice("debug", "info", "warn", "warning", "error"))


@dataclass(frozen=True)
class Settings:
    """The settings of `vault-webhook sync`."""

    health_address: tuple[str, int] = setting(
        "HEALTH_ADDR", HOST_PORT, ":8080", help="where /health/ready, /health/live and /metrics are answered"
    )
    log_level: str = setting("LOG_LEVEL", _LEVEL, "info", help="the log's level")
    threads: int = setting(
        "THREADS",
        _THREADS,
        "6",
        help="how many objects are worked on at once, three quarters of them of one namespace",
    )
    lease_name: str = setting(
        "LEASE_NAME", LINE, "vault-webhook-sync", help="the Lease by which one of several replicas leads"
    )
    hmac_secret_name: str = setting(
        "HMAC_SECRET_NAME",
        LINE,
        "vault-webhook-sync-hmac-key",
        help="the Secret of the operator's namespace with the key of the HMACs; it is made where it is missing",
    )
    deletion_s: float = setting(
        "DELETION_TIMEOUT",
        DURATION,
        "60s",
        help="how long a deletion waits for Vault; leases that could not be revoked by then last until they expire",
    )
    drain_s: float = setting(
        "DRAIN_TIMEOUT", DURATION, "20s", help="how long work that has begun may take after SIGTERM"
    )
    refreshed: tuple[RefreshedCollection, ...] = setting(
        "REFRESHED_RESOURCES",
        _COLLECTIONS,
        "secrets,configmaps",
        help="the kinds of objects whose kept references are read again (docs/kept.md); custom ones as `databases.v1.example.com`",
    )
    webhook_namespace: str = setting(
        "WEBHOOK_NAMESPACE",
        LINE,
        "vault-webhook",
        help="the webhook's namespace, with the key of kept references and the Secrets of `vault-tls-secret`; without it nothing is refreshed",
    )
    vault_ca_file: str = setting(
        "VAULT_CACERT",
        TEXT,
        "",
        help="PEM file with the CA of Vault, for kept references without `vault-tls-secret`; default: the system's",
    )
    path_patterns: tuple[str, ...] = setting(
        "VAULT_PATH_POLICY",
        PATH_PATTERNS,
        "",
        help="the paths that kept references may name, like the webhook's setting",
    )
    vault_namespace: str = setting(
        "VAULT_NAMESPACE",
        LINE,
        "",
        help="the webhook's VAULT_NAMESPACE, to which the paths of that policy belong",
    )
    reloaded: tuple[str, ...] = setting(
        "RELOADED_WORKLOADS",
        _WORKLOADS,
        ",".join(WORKLOADS),
        help="the kinds of workloads that are rolled after a change in Vault where their annotations ask for it (docs/reload.md); empty: none",
    )
    reload_interval_s: float = setting(
        "RELOAD_INTERVAL",
        _INTERVAL,
        "60s",
        help="how often the versions of the paths that such a workload reads are polled",
    )
    reload_pace: int = setting(
        "RELOADS_PER_MINUTE",
        _PACE,
        "10",
        help="how many workloads are rolled in a minute; others wait for their turn",
    )
    reload_sources: tuple[str, ...] = setting(
        "RELOAD_SOURCES",
        _SOURCES,
        "ConfigMap,Secret",
        help="the kinds of objects that are read for references in variables of such workloads (`envFrom`, `valueFrom`)",
    )
    provision_cluster: str = setting(
        "PROVISION_CLUSTER",
        LINE,
        "",
        help="the mount in Vault whose roles and policies are made for labelled namespaces (docs/provisioning.md); empty: none are made",
    )
    provision_address: str = setting(
        "PROVISION_VAULT_ADDR", LINE, "", help="the address of that Vault, whose CA is `VAULT_CACERT`"
    )
    provision_role: str = setting(
        "PROVISION_ROLE",
        LINE,
        "_provision",
        help="the role that the operator has there; a name that no namespace can have",
    )
    provision_account: str = setting(
        "PROVISION_SERVICE_ACCOUNT",
        LINE,
        "vault-webhook-sync",
        help="the ServiceAccount of the operator's namespace that it logs in as",
    )
    provision_audience: str = setting(
        "PROVISION_AUDIENCE", LINE, API_SERVER, help="the audience of the tokens that the roles take"
    )
    provision_one_policy: bool = setting(
        "PROVISION_ONE_POLICY",
        BOOLEAN,
        "false",
        help="whether the roles have the one policy that `vault-webhook provision --one-policy` has made",
    )
    once: bool = False


ROWS = rows_of(Settings, Row)


def read_settings(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings; raise InvalidSetting, which names every unusable setting, or SystemExit for a wrong flag."""
    lines = "\n".join(f"  {row.settings[0]}: {row.described}" for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="vault-webhook sync",
        description="Keep Secrets in step with Vault, as secrets.hashicorp.com objects say.",
        epilog=f"variables:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--once", action="store_true", help="work on every object once, and end: status 1 if one failed"
    )
    given = parser.parse_args(list(arguments))
    return Settings(**read_table(ROWS, environ), once=given.once)
