"""The table of annotations, and the configuration of one object read from it.

Every fact about an annotation stands in its row: parser, default, operator variable, the variable of the container
that carries it, and help. docs/annotations.md is compared with this table by a test.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube import value_types
from vaultkube.errors import InvalidSetting
from vaultkube.value_types import Form
from webhook.config.annotation_keys import IMAGE_DIGESTS, PREFIX, PREFIXES, SUCCESSOR_PREFIX, spellings
from webhook.config.unsupported import retired_keys

PODS = "pods"
OBJECTS = "objects"
BOTH = "both"


@dataclass(frozen=True)
class Annotation:
    """One row: the key behind the prefix, the field of `Config`, its form, and its default as text.

    `setting` is the operator's variable that replaces the default; `variable` is the container's variable that
    carries the value; `successor` is the key behind the successor's prefix where that differs.
    """

    key: str
    field: str
    form: Form
    default: str
    help: str
    scope: str = PODS
    setting: str = ""
    variable: str = ""
    successor: str = ""

    def full_keys(self) -> tuple[str, ...]:
        """The full keys that are read, first wins."""
        return spellings(self.key, self.successor)

    def settings(self) -> tuple[str, ...]:
        """The operator's variables that are read, first wins: our name, then the successor's where it renamed the key."""
        renamed = (self.successor.upper().replace("-", "_"),) if self.successor else ()
        return (self.setting, *renamed) if self.setting else ()


ANNOTATIONS = (
    Annotation("mutate", "mutate", value_types.TEXT, "", "`skip` leaves the object alone", BOTH),
    Annotation("provider", "provider", value_types.PROVIDER, "vault", "where secrets are; OpenBao speaks Vault's protocol", BOTH, "PROVIDER"),
    Annotation("mutate-probes", "mutate_probes", value_types.BOOLEAN, "false", "also start exec probes through the launcher; each run calls Vault unless vault-env-reuse is true"),
    Annotation("vault-env-reuse", "reuse", value_types.BOOLEAN, "false", "what is started in the container later (probes, hooks, kubectl exec) takes the values from the running program, and asks Vault only in doubt", PODS, "VAULT_ENV_REUSE", "VAULT_ENV_REUSE"),
    Annotation("mutate-lifecycle-hooks", "mutate_lifecycle_hooks", value_types.BOOLEAN, "false", "also start the exec commands of postStart and preStop through the launcher; each run calls Vault unless vault-env-reuse is true"),
    Annotation("vault-addr", "address", value_types.LINE, "https://vault:8200", "the address of Vault; VAULT_ADDR of the operator or on its VAULT_ADDR_ALLOWLIST", BOTH, "VAULT_ADDR", "VAULT_ADDR"),
    Annotation("vault-role", "role", value_types.LINE, "", "the role to log in with; default: the pod's ServiceAccount, for other objects `default`. A template: `{{ .namespace }}`, also authmethod, name, path, serviceaccount", BOTH, "VAULT_ROLE", "VAULT_ROLE"),
    Annotation("vault-path", "path", value_types.LINE, "kubernetes", "the mount of the auth method: login is at auth/PATH/login", BOTH, "VAULT_PATH", "VAULT_PATH"),
    Annotation("vault-auth-method", "auth_method", value_types.AUTH_METHOD, "jwt", "how to log in", BOTH, "VAULT_AUTH_METHOD", "VAULT_AUTH_METHOD"),
    Annotation("vault-namespace", "vault_namespace", value_types.LINE, "", "the namespace in Vault Enterprise or OpenBao", BOTH, "VAULT_NAMESPACE", "VAULT_NAMESPACE"),
    Annotation("vault-skip-verify", "skip_verify", value_types.BOOLEAN, "false", "do not verify Vault's certificate; ignored unless the operator sets VAULT_ALLOW_OBJECT_SKIP_VERIFY", BOTH, "VAULT_SKIP_VERIFY", "VAULT_SKIP_VERIFY"),
    Annotation("vault-tls-secret", "tls_secret", value_types.LINE, "", "a Secret with Vault's CA under `ca.crt`: of the pod's namespace, for other objects of the webhook's", BOTH, "VAULT_TLS_SECRET"),
    Annotation("vault-serviceaccount", "service_account", value_types.LINE, "", "the ServiceAccount of the object's namespace to log in as; of a pod only what `serviceaccount` is in its role", OBJECTS, "VAULT_SERVICEACCOUNT"),
    Annotation("vault-token-audience", "token_audience", value_types.LINE, "", "log in with a ServiceAccount token for this audience; a pod gets it in a volume of its own", BOTH, "VAULT_TOKEN_AUDIENCE"),
    Annotation("vault-jwt-file", "jwt_file", value_types.LINE, "", "the file in the containers with the JWT to log in with; default: the ServiceAccount token that Kubernetes mounts", PODS, "", "VAULT_JWT_FILE"),
    Annotation("token-auth-mount", "token_mount", value_types.optional(value_types.VOLUME_FILE), "", "a volume of the pod and a file in it that holds a Vault token to use instead of a login", PODS, "", "", "vault-token-auth-mount"),
    Annotation("vault-client-timeout", "client_timeout_s", value_types.optional(value_types.DURATION), "", "how long the launcher tries to log in and how long one request may take", PODS, "VAULT_CLIENT_TIMEOUT", "VAULT_CLIENT_TIMEOUT"),
    Annotation("vault-ignore-missing-secrets", "ignore_missing", value_types.BOOLEAN, "false", "leave out variables whose path is not in Vault; in other objects the reference stays, with a warning", BOTH, "VAULT_IGNORE_MISSING_SECRETS", "VAULT_IGNORE_MISSING_SECRETS"),
    Annotation("vault-env-from-path", "from_path", value_types.TEXT, "", "add all keys of these paths, `path[#version]`, with commas between them", PODS, "", "VAULT_ENV_FROM_PATH", "vault-from-path"),
    Annotation("vault-env-from-path-include", "from_path_include", value_types.CONTAINERS, "", "the only containers that get the keys of vault-env-from-path; default: all", PODS, "", "", "vault-from-path-include"),
    Annotation("vault-env-from-path-exclude", "from_path_exclude", value_types.CONTAINERS, "", "containers that do not get the keys of vault-env-from-path", PODS, "", "", "vault-from-path-exclude"),
    Annotation("vault-env-passthrough", "passthrough", value_types.TEXT, "", "variables of the launcher that the program shall also see, with commas between them", PODS, "VAULT_ENV_PASSTHROUGH", "VAULT_ENV_PASSTHROUGH", "vault-passthrough"),
    Annotation("vault-env-daemon", "daemon", value_types.BOOLEAN, "false", "stay as the program's parent and renew its leases", PODS, "VAULT_ENV_DAEMON", "VAULT_ENV_DAEMON", "secret-init-daemon"),
    Annotation("vault-env-delay", "delay_s", value_types.optional(value_types.DURATION), "", "wait this long before the program starts", PODS, "VAULT_ENV_DELAY", "VAULT_ENV_DELAY", "secret-init-delay"),
    Annotation("vault-env-image", "launcher_image", value_types.IMAGE, "", "the image that holds the launcher", PODS, "VAULT_ENV_IMAGE", "", "secret-init-image"),
    Annotation("vault-env-image-pull-policy", "launcher_pull_policy", value_types.PULL_POLICY, "IfNotPresent", "its pull policy", PODS, "VAULT_ENV_PULL_POLICY", "", "secret-init-image-pull-policy"),
    Annotation("enable-json-log", "json_log", value_types.BOOLEAN, "false", "the launcher logs JSON", PODS, "ENABLE_JSON_LOG", "VAULT_JSON_LOG", "secret-init-json-log"),
    Annotation("log-level", "log_level", value_types.optional(value_types.LOG_LEVEL), "", "the launcher's log level; a VAULT_LOG_LEVEL of the container itself wins", PODS, "LOG_LEVEL", "VAULT_LOG_LEVEL", "vault-log-level"),
    Annotation("transit-key-id", "transit_key", value_types.LINE, "", "the transit key that decrypts `vault:v1:…` values", BOTH, "TRANSIT_KEY_ID", "VAULT_TRANSIT_KEY_ID", "vault-transit-key-id"),
    Annotation("transit-path", "transit_path", value_types.LINE, "", "the mount of transit; default: transit", BOTH, "TRANSIT_PATH", "VAULT_TRANSIT_PATH", "vault-transit-path"),
    Annotation("transit-batch-size", "transit_batch_size", value_types.optional(value_types.BATCH_SIZE), "", "how many values one transit request carries; default: 25", BOTH, "TRANSIT_BATCH_SIZE", "VAULT_TRANSIT_BATCH_SIZE", "vault-transit-batch-size"),
    Annotation("run-as-user", "run_as_user", value_types.COUNT, "0", "the init container's user; 0: the image's own", PODS, "RUN_AS_USER"),
    Annotation("run-as-group", "run_as_group", value_types.COUNT, "0", "the init container's group; 0: the image's own", PODS, "RUN_AS_GROUP"),
    Annotation("run-as-non-root", "run_as_non_root", value_types.BOOLEAN, "true", "the init container must not run as root", PODS, "RUN_AS_NON_ROOT"),
    Annotation("psp-allow-privilege-escalation", "allow_privilege_escalation", value_types.BOOLEAN, "false", "let the init container gain privileges", PODS, "PSP_ALLOW_PRIVILEGE_ESCALATION"),
    Annotation("readonly-root-fs", "readonly_root_fs", value_types.BOOLEAN, "true", "the init container's root file system is read-only", PODS, "READONLY_ROOT_FS"),
    Annotation("registry-skip-verify", "registry_skip_verify", value_types.BOOLEAN, "false", "do not verify the registry's certificate; ignored unless the operator sets REGISTRY_ALLOW_SKIP_VERIFY", PODS, "REGISTRY_SKIP_VERIFY"),
    Annotation("entrypoint", "entry_points", value_types.optional(value_types.ENTRY_POINTS), "", "the images' entry points, by container, instead of asking the registry"),
)  # fmt: skip

_POSITIONS = {key: position for position, row in enumerate(ANNOTATIONS) for key in row.full_keys()}
_SUGGESTIONS = 10
_SEE = "; see docs/annotations.md"
_ALWAYS_CARRIED = frozenset(["address", "role", "path", "auth_method", "skip_verify"])
_CARRIED = tuple(
    (row.field, row.variable, row.field in _ALWAYS_CARRIED) for row in ANNOTATIONS if row.variable
)


@dataclass(frozen=True)
class Config:
    """What the annotations of one object ask for, over the operator's settings."""

    mutate: str
    provider: str
    mutate_probes: bool
    reuse: bool
    mutate_lifecycle_hooks: bool
    address: str
    role: str
    path: str
    auth_method: str
    vault_namespace: str
    skip_verify: bool
    tls_secret: str
    service_account: str
    token_audience: str
    jwt_file: str
    token_mount: tuple[str, str] | None
    client_timeout_s: float | None
    ignore_missing: bool
    from_path: str
    from_path_include: tuple[str, ...]
    from_path_exclude: tuple[str, ...]
    passthrough: str
    daemon: bool
    delay_s: float | None
    launcher_image: str
    launcher_pull_policy: str
    json_log: bool
    log_level: str | None
    transit_key: str
    transit_path: str
    transit_batch_size: int | None
    run_as_user: int
    run_as_group: int
    run_as_non_root: bool
    allow_privilege_escalation: bool
    readonly_root_fs: bool
    registry_skip_verify: bool
    entry_points: Mapping[str, tuple[str, ...]] | None
    annotated: frozenset[str]
    """The fields that an annotation of this object has set."""


Defaults = Mapping[str, Any]


def read_defaults(environ: Mapping[str, str]) -> Defaults:
    """Return the value of each field where no annotation speaks; InvalidSetting names every unusable variable."""
    values: dict[str, Any] = {}
    problems = []
    for row in ANNOTATIONS:
        name, text = _setting(row, environ)
        try:
            values[row.field] = row.form.parse(text or row.default)
        except ValueError:
            problems.append(f"{name}={text!r} is not {row.form.accepted}")
    if problems:
        raise InvalidSetting("; ".join(problems))
    return values


def parse_config(annotations: Mapping[str, str], defaults: Defaults) -> tuple[Config, list[str]]:
    """Return the configuration, with defaults in the place of bad values, and a problem for each of those."""
    values = dict(defaults)
    annotated = set()
    problems = []
    for position in sorted({_POSITIONS[key] for key in annotations.keys() & _POSITIONS.keys()}):
        row = ANNOTATIONS[position]
        key = next(key for key in row.full_keys() if key in annotations)
        try:
            values[row.field] = row.form.parse(annotations[key])
        except ValueError:
            problems.append(f"annotation {key}: {annotations[key]!r} is not {row.form.accepted}")
        annotated.add(row.field)
    return Config(**values, annotated=frozenset(annotated)), problems


def find_unknown(annotations: Mapping[str, str]) -> list[str]:
    """Return a warning for each annotation that has one of our prefixes and is in no row."""
    ours = (key for key in annotations if key.startswith(PREFIXES))
    unknown = sorted(
        key for key in ours if key not in _POSITIONS and key != IMAGE_DIGESTS and key not in retired_keys()
    )
    return [
        f"unknown annotation {key}{_suggestion(key) if place < _SUGGESTIONS else _SEE}"
        for place, key in enumerate(unknown)
    ]


def container_variables(config: Config, from_path: str) -> dict[str, str]:
    """Return the variables that carry `config` into a container, in the table's order; defaults are left out.

    `from_path` is what that container gets of `config.from_path`. Where and how to log in is always carried, so that a
    variable of the pod cannot point the launcher elsewhere.
    """
    variables = {}
    for field, variable, always in _CARRIED:
        value = from_path if field == "from_path" else getattr(config, field)
        if value or always:
            variables[variable] = _text(value)
    return variables


def _setting(row: Annotation, environ: Mapping[str, str]) -> tuple[str, str]:
    """The operator's variable that speaks for the row, and its text; both empty if none does."""
    return next(((name, environ[name]) for name in row.settings() if environ.get(name)), ("", ""))


def _suggestion(key: str) -> str:
    prefix = PREFIX if key.startswith(PREFIX) else SUCCESSOR_PREFIX
    known = sorted(
        other.removeprefix(prefix)
        for row in ANNOTATIONS
        for other in row.full_keys()
        if other.startswith(prefix)
    )
    close = difflib.get_close_matches(key.removeprefix(prefix), known, n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else _SEE


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: str(value).lower(),
    float: value_types.duration_text,
}


def _text(value: object) -> str:
    return value if isinstance(value, str) else _TEXTS.get(type(value), str)(value)
