"""What the operator says about registries: one table, for the parser and for the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube import value_types
from vaultkube.errors import InvalidSetting
from webhook.config.settings import Setting
from webhook.registry.forms import BYTES, DOMAIN, FILE, HOSTS, MIRRORS, PLATFORMS, POSITIVE, REALMS
from webhook.registry.hosts import HostPattern
from webhook.registry.mirrors import Mirror
from webhook.registry.platforms import Platform
from webhook.registry.realm import RealmRule

SETTINGS = (
    Setting("REGISTRY_CA_FILE", "ca_file", FILE, "", "PEM file with CAs of registries, beside the system's"),
    Setting("REGISTRY_PRIVATE_HOSTS", "private_hosts", HOSTS, "", "registries, token servers and blob stores that may have private addresses or names of the cluster; loopback only where the host is listed without `*` and is itself a loopback address; link-local and metadata addresses never"),
    Setting("REGISTRY_PLAIN_HTTP_HOSTS", "plain_http_hosts", HOSTS, "", "hosts that are spoken to without TLS"),
    Setting("REGISTRY_MIRRORS", "mirrors", MIRRORS, "", "where to read the images of a registry instead, as the nodes do; pull secrets are then those for the mirror"),
    Setting("REGISTRY_REALMS", "realms", REALMS, "", "token servers on another host that may have the credentials of a registry; those of Docker Hub and registry.gitlab.com are known"),
    Setting("REGISTRY_ALLOW_SKIP_VERIFY", "allow_skip_verify", value_types.BOOLEAN, "false", "let the annotation registry-skip-verify switch TLS verification to registries off; else it is ignored with a warning"),
    Setting("CLUSTER_PLATFORMS", "platforms", PLATFORMS, "", "platforms of the nodes; default: those of the Node objects where these may be read, else linux/amd64 and linux/arm64"),
    Setting("CLUSTER_DOMAIN", "cluster_domain", DOMAIN, "cluster.local", "DNS domain of the cluster"),
    Setting("REGISTRY_TIMEOUT", "budget_s", value_types.DURATION, "6s", "what reading one image may take, all in all; less where the admission has less left"),
    Setting("REGISTRY_MAX_MANIFEST_BYTES", "manifest_bytes", BYTES, "4194304", "the longest manifest or index that is read"),
    Setting("REGISTRY_MAX_CONFIG_BYTES", "config_bytes", BYTES, "8388608", "the longest image configuration that is read"),
    Setting("REGISTRY_CONCURRENCY", "concurrency", POSITIVE, "8", "images that one worker process reads from one registry at a time"),
    Setting("REGISTRY_CACHE_BYTES", "cache_bytes", BYTES, "16777216", "memory that the cache of one worker process may take"),
    Setting("REGISTRY_TAG_LIFE", "tag_life_s", value_types.DURATION, "60s", "how long a registry is not asked again what a tag stands for; it always is for `latest` and imagePullPolicy Always"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The operator's settings; a test holds that the defaults are those of the table."""

    ca_file: str = ""
    private_hosts: tuple[HostPattern, ...] = ()
    plain_http_hosts: tuple[HostPattern, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    realms: tuple[RealmRule, ...] = ()
    allow_skip_verify: bool = False
    platforms: tuple[Platform, ...] = ()
    cluster_domain: str = "cluster.local"
    budget_s: float = 6.0
    manifest_bytes: int = 4 * 1024 * 1024
    config_bytes: int = 8 * 1024 * 1024
    concurrency: int = 8
    cache_bytes: int = 16 * 1024 * 1024
    tag_life_s: float = 60.0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "RegistrySettings":
        """Return the settings in `environ`; InvalidSetting names every variable with an unusable value."""
        values: dict[str, Any] = {}
        problems = []
        for row in SETTINGS:
            text = (environ.get(row.name) or row.default).strip()
            try:
                values[row.field] = row.form.parse(text)
            except ValueError:
                problems.append(f"{row.name}={text!r} is not {row.form.accepted}")
        if problems:
            raise InvalidSetting("; ".join(problems))
        return cls(**values)
