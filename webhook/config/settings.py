"""The operator's settings: environment variables of the webhook, with the predecessor's names where it has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vaultkube.errors import InvalidSetting
from vaultkube.policy.paths import PathPolicy
from vaultkube.settings_table import Row, read_table, rows_of, setting
from vaultkube.value_types import (
    ADDRESSES,
    BOOLEAN,
    BUDGET,
    CERTIFICATE_SOURCE,
    IDENTITY_CHECK,
    LIFETIME,
    LISTEN_ADDRESS,
    LISTENING,
    LOG_LEVEL,
    PATH_PATTERNS,
    POLICY_MODE,
    POSITIVE,
    QUANTITY,
    TEXT,
    WORDS,
)
from webhook.config.amounts import with_fitting_amounts
from webhook.config.hashicorp.annotations import read_agent_defaults
from webhook.config.hashicorp.value_types import CERTIFICATES


@dataclass(frozen=True)
class Settings:
    """The settings that no annotation can change; the others are in `webhook.config.annotation_table`."""

    listen_address: str = setting(
        "LISTEN_ADDRESS",
        LISTEN_ADDRESS,
        ":8443",
        also="AGENT_INJECT_LISTEN",
        help="host and port to listen on",
    )
    tls_cert_file: str = setting(
        "TLS_CERT_FILE",
        TEXT,
        "",
        also="AGENT_INJECT_TLS_CERT_FILE",
        help="PEM chain served to the API server, read again when it changes",
    )
    tls_private_key_file: str = setting(
        "TLS_PRIVATE_KEY_FILE",
        TEXT,
        "",
        also="AGENT_INJECT_TLS_KEY_FILE",
        help="PEM key of TLS_CERT_FILE",
    )
    path_segments_file: str = setting(
        "PATH_SEGMENTS_FILE",
        TEXT,
        "",
        help="file with the secret segments of the path that the API server calls, one in each line, read again when it changes; `vault-webhook certificate` makes it. Without it every client that reaches the port gets answers",
    )
    client_ca_file: str = setting(
        "TLS_CLIENT_CA_FILE",
        TEXT,
        "",
        help="PEM file with the CA of the API server's client certificate; with it callers without such a certificate are refused",
    )
    certificate: str = setting(
        "CERTIFICATE",
        CERTIFICATE_SOURCE,
        "files",
        help="where the serving certificate comes from: TLS_CERT_FILE and PATH_SEGMENTS_FILE, by `vault-webhook certificate` or others (files); the webhook itself, which keeps it in CERTIFICATE_SECRET (self-managed); TLS_CERT_FILE by cert-manager, while the webhook keeps the secret path (cert-manager): see docs/certificates.md",
    )
    certificate_lifetime_s: float = setting(
        "CERTIFICATE_LIFETIME",
        LIFETIME,
        "2160h",
        help="how long a self-managed certificate is valid; it is renewed when a third of that is left",
    )
    certificate_secret: str = setting(
        "CERTIFICATE_SECRET",
        TEXT,
        "vault-webhook-tls",
        help="the Secret of the webhook's namespace that holds the self-managed certificate",
    )
    service: str = setting(
        "SERVICE", TEXT, "vault-webhook", help="the Service that the self-managed certificate is for"
    )
    webhook_configuration: str = setting(
        "WEBHOOK_CONFIGURATION",
        TEXT,
        "vault-webhook",
        help="the MutatingWebhookConfiguration that is to trust the self-managed certificate; the Lease of the replica that renews it has the same name",
    )
    health_address: tuple[str, int] | None = setting(
        "HEALTH_ADDRESS",
        LISTENING,
        "",
        help="host and port of a listener without TLS for /healthz, /readyz and /metrics, by a separate process; without it they are served only at LISTEN_ADDRESS",
    )
    tls_strict: bool = setting(
        "TLS_STRICT",
        BOOLEAN,
        "false",
        help="demand of the certificates of the API server, Vault and registries all that RFC 5280 does; a CA without the key usage extension, as `openssl req -x509` makes it, is refused then",
    )
    workers: int = setting("WORKERS", POSITIVE, "2", help="worker processes")
    threads: int = setting(
        "THREADS",
        POSITIVE,
        "64",
        help="threads in each worker process: how many reviews at once may wait for Vault, a registry or the API server; handshakes and requests that still come take none, and reviews that wait for nothing are answered beside them",
    )
    budget_s: float = setting(
        "ADMISSION_BUDGET",
        BUDGET,
        "8s",
        help="how long one admission may take; set it below the timeoutSeconds of the MutatingWebhookConfiguration",
    )
    metrics_dir: str = setting(
        "METRICS_DIR",
        TEXT,
        "/dev/shm",  # noqa: S108
        help="a directory in memory, where the workers share their metrics",
    )
    log_level: str = setting(
        "LOG_LEVEL",
        LOG_LEVEL,
        "info",
        also="AGENT_INJECT_LOG_LEVEL",
        help="the webhook's own log level, and the launcher's default",
    )
    trace_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        TEXT,
        "",
        help="where OpenTelemetry traces go over HTTP, such as http://collector.monitoring:4318; the packages are the extra `tracing` (docs/tracing.md)",
    )
    address_allow_list: tuple[str, ...] = setting(
        "VAULT_ADDR_ALLOWLIST",
        ADDRESSES,
        "",
        help="Vault addresses that annotations may name, beside VAULT_ADDR",
    )
    allow_private_addresses: bool = setting(
        "VAULT_ALLOW_PRIVATE_ADDR",
        BOOLEAN,
        "false",
        help="let annotations name listed addresses that are private or loopback IP addresses",
    )
    allow_skip_verify: bool = setting(
        "VAULT_ALLOW_OBJECT_SKIP_VERIFY",
        BOOLEAN,
        "false",
        help="let annotations switch TLS verification to Vault off",
    )
    path_patterns: tuple[str, ...] = setting(
        "VAULT_PATH_POLICY",
        PATH_PATTERNS,
        "",
        help="the paths of Vault that an object may name, with what is below them: see docs/path-policy.md; none: all",
    )
    path_policy_mode: str = setting(
        "VAULT_PATH_POLICY_MODE",
        POLICY_MODE,
        "enforce",
        help="whether an object that names another path is refused or warned about",
    )
    object_identity_check: str = setting(
        "OBJECT_IDENTITY_CHECK",
        IDENTITY_CHECK,
        "pods",
        help="the right that a user needs in the namespace to have a Secret or ConfigMap read as its `vault-serviceaccount`: to create pods there (pods), or tokens of that ServiceAccount (token): see docs/security.md; off: none",
    )
    trusted_variables: tuple[str, ...] = setting(
        "VAULT_ENV_TRUSTED_VARIABLES",
        WORDS,
        "",
        help="variables of the launcher's connection that pods may set by envFrom too, and VAULT_AGENT_ADDR to any address: see docs/differences-webhook.md",
    )
    vault_ca_file: str = setting(
        "VAULT_CACERT",
        TEXT,
        "",
        help="PEM file with the CA of Vault, for the webhook's own calls; default: the system's",
    )
    launcher_cpu_request: str = setting(
        "VAULT_ENV_CPU_REQUEST", QUANTITY, "50m", help="cpu request of the init container"
    )
    launcher_cpu_limit: str = setting(
        "VAULT_ENV_CPU_LIMIT", QUANTITY, "250m", help="cpu limit of the init container"
    )
    launcher_memory_request: str = setting(
        "VAULT_ENV_MEMORY_REQUEST", QUANTITY, "64Mi", help="memory request of the init container"
    )
    launcher_memory_limit: str = setting(
        "VAULT_ENV_MEMORY_LIMIT", QUANTITY, "64Mi", help="memory limit of the init container"
    )
    launcher_log_server: str = setting(
        "VAULT_ENV_LOG_SERVER", TEXT, "", help="host:port of a syslog server that the launcher also logs to"
    )
    default_pull_secret: str = setting(
        "DEFAULT_IMAGE_PULL_SECRET", TEXT, "", help="a pull secret tried after the pod's own"
    )
    default_pull_secret_namespace: str = setting(
        "DEFAULT_IMAGE_PULL_SECRET_NAMESPACE",
        TEXT,
        "",
        help="the namespace of DEFAULT_IMAGE_PULL_SECRET; default: the webhook's own",
    )
    default_pull_secret_account: str = setting(
        "DEFAULT_IMAGE_PULL_SECRET_SERVICE_ACCOUNT",
        TEXT,
        "",
        help="a ServiceAccount of that namespace whose pull secrets are tried too",
    )
    pin_images: bool = setting(
        "REGISTRY_PIN_IMAGES",
        BOOLEAN,
        "false",
        help="run exactly the image whose entry point was read: add its digest to its name; the annotation image-digests has it in any case",
    )

    agent_ca: str = setting(
        "AGENT_INJECT_VAULT_CACERT_BYTES",
        CERTIFICATES,
        "",
        help="Vault's CA for pods with HashiCorp's annotations that name no other: see docs/hashicorp.md",
    )
    agent_defaults: Mapping[str, Any] = field(default_factory=lambda: read_agent_defaults({}))
    """The values of `AgentConfig` without annotations, from the variables of HashiCorp's injector."""

    def is_attended(self) -> bool:
        """Return whether a second process runs beside the server: for the certificate, or for health."""
        return self.health_address is not None or self.certificate != "files"

    def path_policy(self) -> PathPolicy:
        """Return the policy of the paths that objects may request."""
        return PathPolicy(self.path_patterns, self.path_policy_mode == "enforce")


SETTINGS = rows_of(Settings, Row)
_PAIR = tuple(row for row in SETTINGS if row.field in ("tls_cert_file", "tls_private_key_file"))


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; raise InvalidSetting, which names every variable with an unusable value."""
    problems = [*_unpaired(environ), *_two_certificates(environ)]
    agent_defaults: Mapping[str, Any] = {}
    try:
        agent_defaults = read_agent_defaults(environ)
    except InvalidSetting as error:
        problems.append(str(error))
    values = with_fitting_amounts(SETTINGS, read_table(SETTINGS, environ, problems), environ)
    return Settings(**values, agent_defaults=agent_defaults)


def _unpaired(environ: Mapping[str, str]) -> list[str]:
    present = [row for row in _PAIR if any(environ.get(name, "").strip() for name in row.settings)]
    if len(present) != 1:
        return []
    names = " and ".join(row.settings[0] for row in _PAIR)
    return [f"{names} go together: set both, or none to serve plain HTTP"]


def _two_certificates(environ: Mapping[str, str]) -> list[str]:
    """Return the problems of files that contradict CERTIFICATE."""
    source = environ.get("CERTIFICATE", "").strip().lower()
    files = [name for row in _PAIR for name in row.settings if environ.get(name, "").strip()]
    path = [name for name in ("PATH_SEGMENTS_FILE",) if environ.get(name, "").strip()]
    if source == "cert-manager" and not files:
        return ["CERTIFICATE=cert-manager needs TLS_CERT_FILE and TLS_PRIVATE_KEY_FILE, cert-manager's files"]
    unused = {"self-managed": [*files, *path], "cert-manager": path}.get(source, [])
    return [
        f"{name} is not for CERTIFICATE={source}, which makes its own: unset one of the two"
        for name in unused
    ]
