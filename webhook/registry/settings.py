"""What the operator says about registries: one table, for the parser and for the documentation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from webhook.errors import InvalidSetting
from webhook.registry.forms import file, flag, listed, realm, seconds, whole
from webhook.registry.hosts import HostPattern, parse_pattern
from webhook.registry.mirrors import Mirror, parse_mirror
from webhook.registry.platforms import Platform, parse_platform
from webhook.registry.realm import RealmRule


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable of the webhook, with its field here and its form for people."""

    variable: str
    field: str
    form: str
    parse: Callable[[str], Any]
    default: str
    help: str


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The operator's settings; the defaults are those of the table."""

    ca_file: str = ""
    private_hosts: tuple[HostPattern, ...] = ()
    plain_http_hosts: tuple[HostPattern, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    realms: tuple[RealmRule, ...] = ()
    allow_skip_verify: bool = False
    platforms: tuple[Platform, ...] = ()
    cluster_domain: str = "cluster.local"
    default_secret: str = ""
    default_secret_namespace: str = ""
    default_secret_service_account: str = ""
    budget_s: float = 6.0
    manifest_bytes: int = 4 * 1024 * 1024
    config_bytes: int = 8 * 1024 * 1024
    concurrency: int = 8
    cache_bytes: int = 16 * 1024 * 1024
    tag_life_s: float = 60.0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "RegistrySettings":
        """Return the settings in `environ`; an empty value is as good as none. Raise InvalidSetting."""
        values = {}
        for setting in SETTINGS:
            text = environ.get(setting.variable, "").strip()
            if text:
                values[setting.field] = _parsed(setting, text)
        return cls(**values)


def _parsed(setting: Setting, text: str) -> Any:
    try:
        return setting.parse(text)
    except (ValueError, OSError) as error:
        raise InvalidSetting(f"{setting.variable} is not {setting.form}: {error}") from None


_HOSTS = (
    "a list of HOST[:PORT] separated by commas, `*` for any characters of a label, `*` alone for every host"
)
_MIB = 1024 * 1024

SETTINGS = (
    Setting(
        "REGISTRY_CA_FILE",
        "ca_file",
        "a readable PEM file",
        file,
        "",
        "CAs of registries beside the system's.",
    ),
    Setting(
        "REGISTRY_PRIVATE_HOSTS",
        "private_hosts",
        _HOSTS,
        listed(parse_pattern),
        "",
        "Registries, token servers and blob stores that may have private addresses or names of the cluster."
        " Loopback only for a host that is listed without `*` and written as a loopback address; link-local"
        " and metadata addresses never.",
    ),
    Setting(
        "REGISTRY_PLAIN_HTTP_HOSTS",
        "plain_http_hosts",
        _HOSTS,
        listed(parse_pattern),
        "",
        "Hosts that are spoken to without TLS.",
    ),
    Setting(
        "REGISTRY_MIRRORS",
        "mirrors",
        "a list of HOST=MIRROR[:PORT][/PREFIX] separated by commas",
        listed(parse_mirror),
        "",
        "Where to read the images of a registry instead, as the nodes do; pull secrets are those for the"
        " mirror.",
    ),
    Setting(
        "REGISTRY_REALMS",
        "realms",
        "a list of REGISTRY=HOST[:PORT] separated by commas",
        listed(realm),
        "",
        "Token servers on another host that may have the credentials of a registry; those of Docker Hub and"
        " registry.gitlab.com are known.",
    ),
    Setting(
        "REGISTRY_ALLOW_SKIP_VERIFY",
        "allow_skip_verify",
        "true or false",
        flag,
        "false",
        "Whether a pod's annotation registry-skip-verify counts; else it is ignored with a warning.",
    ),
    Setting(
        "CLUSTER_PLATFORMS",
        "platforms",
        "a list of OS/ARCHITECTURE[/VARIANT] separated by commas",
        listed(parse_platform),
        "",
        "The platforms of the nodes; without it those of the Node objects, where they may be read, else"
        " linux/amd64 and linux/arm64.",
    ),
    Setting(
        "CLUSTER_DOMAIN",
        "cluster_domain",
        "a domain",
        str.lower,
        "cluster.local",
        "The DNS domain of the cluster.",
    ),
    Setting(
        "DEFAULT_IMAGE_PULL_SECRET",
        "default_secret",
        "the name of a Secret",
        str,
        "",
        "A pull secret that is tried after the pod's own.",
    ),
    Setting(
        "DEFAULT_IMAGE_PULL_SECRET_NAMESPACE",
        "default_secret_namespace",
        "the name of a namespace",
        str,
        "",
        "Where the default pull secret is.",
    ),
    Setting(
        "DEFAULT_IMAGE_PULL_SECRET_SERVICE_ACCOUNT",
        "default_secret_service_account",
        "the name of a ServiceAccount",
        str,
        "",
        "A ServiceAccount in that namespace whose pull secrets are tried too.",
    ),
    Setting(
        "REGISTRY_TIMEOUT",
        "budget_s",
        "a duration",
        seconds,
        "6s",
        "The longest time for one image, all in all.",
    ),
    Setting(
        "REGISTRY_MAX_MANIFEST_BYTES",
        "manifest_bytes",
        "a number of bytes",
        whole(1024, 64 * _MIB),
        str(4 * _MIB),
        "The longest manifest or index that is read.",
    ),
    Setting(
        "REGISTRY_MAX_CONFIG_BYTES",
        "config_bytes",
        "a number of bytes",
        whole(1024, 64 * _MIB),
        str(8 * _MIB),
        "The longest image configuration that is read.",
    ),
    Setting(
        "REGISTRY_CONCURRENCY",
        "concurrency",
        "a number",
        whole(1, 1000),
        "8",
        "How many images are read from one registry at a time.",
    ),
    Setting(
        "REGISTRY_CACHE_BYTES",
        "cache_bytes",
        "a number of bytes",
        whole(0, 1024 * _MIB),
        str(16 * _MIB),
        "How much memory the cache may take.",
    ),
    Setting(
        "REGISTRY_TAG_LIFE",
        "tag_life_s",
        "a duration",
        seconds,
        "60s",
        "How long the registry is not asked again what a tag stands for; never for `latest` and"
        " imagePullPolicy: Always.",
    ),
)
