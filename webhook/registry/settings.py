"""The operator's settings for registries; docs/registry.md is made from this table."""

from collections.abc import Mapping
from dataclasses import dataclass

from vaultkube.settings_table import Row, read_table, rows_of, setting
from vaultkube.value_types import BOOLEAN, BUDGET, DURATION
from webhook.registry.hosts import HostPattern
from webhook.registry.mirrors import Mirror
from webhook.registry.platforms import Platform
from webhook.registry.realm import RealmRule
from webhook.registry.value_types import (
    BYTES,
    CERTIFICATES,
    DOMAIN,
    HOSTS,
    LENGTH,
    MIRRORS,
    PLATFORMS,
    POSITIVE,
    REALMS,
)


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The operator's settings for registries; without arguments, the defaults."""

    ca_file: str = setting(
        "REGISTRY_CA_FILE", CERTIFICATES, "", help="PEM file with CAs of registries, beside the system's"
    )
    private_hosts: tuple[HostPattern, ...] = setting(
        "REGISTRY_PRIVATE_HOSTS",
        HOSTS,
        "",
        help="registries, token servers and blob stores that may have private addresses or names of the cluster; loopback only where the host is listed without `*` and is itself a loopback address; link-local and metadata addresses never",
    )
    plain_http_hosts: tuple[HostPattern, ...] = setting(
        "REGISTRY_PLAIN_HTTP_HOSTS", HOSTS, "", help="hosts that are reached without TLS"
    )
    mirrors: tuple[Mirror, ...] = setting(
        "REGISTRY_MIRRORS",
        MIRRORS,
        "",
        help="where to read the images of a registry instead, as the nodes do; pull secrets are then those for the mirror",
    )
    realms: tuple[RealmRule, ...] = setting(
        "REGISTRY_REALMS",
        REALMS,
        "",
        help="token servers on another host that may have the credentials of a registry; those of Docker Hub and registry.gitlab.com are known",
    )
    allow_skip_verify: bool = setting(
        "REGISTRY_ALLOW_SKIP_VERIFY",
        BOOLEAN,
        "false",
        help="let the annotation registry-skip-verify switch TLS verification to registries off; else it is ignored with a warning",
    )
    platforms: tuple[Platform, ...] = setting(
        "CLUSTER_PLATFORMS",
        PLATFORMS,
        "",
        help="platforms of the nodes; default: those of the Node objects where these may be read, else linux/amd64 and linux/arm64",
    )
    cluster_domain: str = setting("CLUSTER_DOMAIN", DOMAIN, "cluster.local", help="DNS domain of the cluster")
    budget_s: float = setting(
        "REGISTRY_TIMEOUT",
        BUDGET,
        "6s",
        help="how long reading one image may take in all; less where the admission has less time left",
    )
    manifest_bytes: int = setting(
        "REGISTRY_MAX_MANIFEST_BYTES", LENGTH, "4194304", help="the longest manifest or index that is read"
    )
    config_bytes: int = setting(
        "REGISTRY_MAX_CONFIG_BYTES", LENGTH, "8388608", help="the longest image configuration that is read"
    )
    concurrency: int = setting(
        "REGISTRY_CONCURRENCY",
        POSITIVE,
        "8",
        help="images that one worker process reads from one registry at a time",
    )
    cache_bytes: int = setting(
        "REGISTRY_CACHE_BYTES", BYTES, "16777216", help="memory that the cache of one worker process may take"
    )
    tag_life_s: float = setting(
        "REGISTRY_TAG_LIFE",
        DURATION,
        "60s",
        help="how long the digest of a tag is cached; never for `latest` and imagePullPolicy Always",
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "RegistrySettings":
        """Return the settings in `environ`; raise InvalidSetting, which names every variable with an unusable value."""
        return cls(**read_table(SETTINGS, environ))


SETTINGS = rows_of(RegistrySettings, Row)
