"""What the operator sets by environment variables of the webhook; names are the predecessor's where it has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube import value_types
from vaultkube.errors import InvalidSetting
from vaultkube.value_types import Form
from webhook.policy.paths import PathPolicy


@dataclass(frozen=True)
class Setting:
    """One row: the variable, the field of `Settings` that it fills, its form, its default as text, and what it does."""

    name: str
    field: str
    form: Form
    default: str
    help: str


SETTINGS = (
    Setting("LISTEN_ADDRESS", "listen_address", value_types.TEXT, ":8443", "host and port to listen on"),
    Setting("TLS_CERT_FILE", "tls_cert_file", value_types.TEXT, "", "PEM chain served to the API server, read again when it changes"),
    Setting("TLS_PRIVATE_KEY_FILE", "tls_private_key_file", value_types.TEXT, "", "PEM key of TLS_CERT_FILE"),
    Setting("TLS_STRICT", "tls_strict", value_types.BOOLEAN, "false", "demand of the certificates of the API server, Vault and registries all that RFC 5280 does; a CA without the key usage extension, as `openssl req -x509` makes it, is refused then"),
    Setting("WORKERS", "workers", value_types.COUNT, "2", "worker processes"),
    Setting("THREADS", "threads", value_types.COUNT, "64", "threads in each worker process: how many requests at once may wait for Vault, a registry, the API server, a handshake, or the rest of a body over 32 KiB (10 s for each read); requests that wait for nothing are answered beside them"),
    Setting("ADMISSION_BUDGET", "budget_s", value_types.DURATION, "8s", "what one admission may take; keep it below the timeoutSeconds of the MutatingWebhookConfiguration"),
    Setting("METRICS_DIR", "metrics_dir", value_types.TEXT, "/dev/shm", "a directory in memory, where the workers share their metrics"),  # noqa: S108
    Setting("LOG_LEVEL", "log_level", value_types.LOG_LEVEL, "info", "the webhook's own log level, and the launcher's default"),
    Setting("VAULT_ADDR_ALLOWLIST", "address_allow_list", value_types.WORDS, "", "Vault addresses that annotations may name, beside VAULT_ADDR"),
    Setting("VAULT_ALLOW_PRIVATE_ADDR", "allow_private_addresses", value_types.BOOLEAN, "false", "let annotations name listed addresses that are private or loopback IP addresses"),
    Setting("VAULT_ALLOW_OBJECT_SKIP_VERIFY", "allow_skip_verify", value_types.BOOLEAN, "false", "let annotations switch TLS verification to Vault off"),
    Setting("VAULT_PATH_POLICY", "path_patterns", value_types.PATH_PATTERNS, "", "the paths of Vault that an object may name, with what is below them: see docs/path-policy.md; none: all"),
    Setting("VAULT_PATH_POLICY_MODE", "path_policy_mode", value_types.POLICY_MODE, "enforce", "whether an object that names another path is refused or warned about"),
    Setting("VAULT_CACERT", "vault_ca_file", value_types.TEXT, "", "PEM file with the CA of Vault, for the webhook's own calls; default: the system's"),
    Setting("VAULT_ENV_CPU_REQUEST", "launcher_cpu_request", value_types.QUANTITY, "50m", "cpu request of the init container"),
    Setting("VAULT_ENV_CPU_LIMIT", "launcher_cpu_limit", value_types.QUANTITY, "250m", "cpu limit of the init container"),
    Setting("VAULT_ENV_MEMORY_REQUEST", "launcher_memory_request", value_types.QUANTITY, "64Mi", "memory request of the init container"),
    Setting("VAULT_ENV_MEMORY_LIMIT", "launcher_memory_limit", value_types.QUANTITY, "64Mi", "memory limit of the init container"),
    Setting("VAULT_ENV_LOG_SERVER", "launcher_log_server", value_types.TEXT, "", "host:port of a syslog server that the launcher also logs to"),
    Setting("DEFAULT_IMAGE_PULL_SECRET", "default_pull_secret", value_types.TEXT, "", "a pull secret tried after the pod's own"),
    Setting("DEFAULT_IMAGE_PULL_SECRET_NAMESPACE", "default_pull_secret_namespace", value_types.TEXT, "", "the namespace of DEFAULT_IMAGE_PULL_SECRET; default: the webhook's own"),
    Setting("DEFAULT_IMAGE_PULL_SECRET_SERVICE_ACCOUNT", "default_pull_secret_account", value_types.TEXT, "", "a ServiceAccount of that namespace whose pull secrets are tried too"),
    Setting("REGISTRY_PIN_IMAGES", "pin_images", value_types.BOOLEAN, "false", "run exactly the image whose entry point was read: its digest is put behind its name; the annotation image-digests tells it in any case"),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings that no annotation can change; those that one can are in `webhook.config.annotations`."""

    listen_address: str
    tls_cert_file: str
    tls_private_key_file: str
    tls_strict: bool
    workers: int
    threads: int
    budget_s: float
    metrics_dir: str
    log_level: str
    address_allow_list: tuple[str, ...]
    allow_private_addresses: bool
    allow_skip_verify: bool
    path_patterns: tuple[str, ...]
    path_policy_mode: str
    vault_ca_file: str
    launcher_cpu_request: str
    launcher_cpu_limit: str
    launcher_memory_request: str
    launcher_memory_limit: str
    launcher_log_server: str
    default_pull_secret: str
    default_pull_secret_namespace: str
    default_pull_secret_account: str
    pin_images: bool

    def path_policy(self) -> PathPolicy:
        """The paths that objects may name."""
        return PathPolicy(self.path_patterns, self.path_policy_mode == "enforce")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; InvalidSetting names every variable with an unusable value."""
    values: dict[str, Any] = {}
    problems = []
    for row in SETTINGS:
        text = environ.get(row.name) or row.default
        try:
            values[row.field] = row.form.parse(text)
        except ValueError:
            problems.append(f"{row.name}={text!r} is not {row.form.accepted}")
    if bool(environ.get("TLS_CERT_FILE")) != bool(environ.get("TLS_PRIVATE_KEY_FILE")):
        problems.append(
            "TLS_CERT_FILE and TLS_PRIVATE_KEY_FILE go together: set both, or none to serve plain HTTP"
        )
    if problems:
        raise InvalidSetting("; ".join(problems))
    return Settings(**values)
