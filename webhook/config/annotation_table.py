"""The table of annotations: one field of `Config` for each, with its key, type, default, variables and help.

docs/annotations.md is made from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType

from vaultenv.template_sources import TemplateSource, sources_text
from vaultkube.problem import FieldPath
from vaultkube.settings_table import rows_of
from vaultkube.value_types import (
    AUTH_METHOD,
    BATCH_SIZE,
    BOOLEAN,
    CONTAINERS,
    COUNT,
    DURATION,
    ENTRY_POINTS,
    IMAGE,
    LINE,
    LOG_LEVEL,
    PROVIDER,
    PULL_POLICY,
    REFRESH,
    TEXT,
    VOLUME_FILE,
    optional,
)
from webhook.config.annotation_keys import annotation_path
from webhook.config.annotation_row import BOTH, OBJECTS, PODS, Annotation, annotation
from webhook.config.delivery import DELIVERY, Delivery
from webhook.config.helper_table import HelperAnnotations
from webhook.config.sidecar import PROBES, SIDECAR, Sidecar

__all__ = ["ANNOTATIONS", "BOTH", "OBJECTS", "PODS", "Annotation", "Config", "annotation"]

CA_FILES: Mapping[str, str] = MappingProxyType({"VAULT_CACERT": "ca.crt"})
"""The file of a `vault-tls-secret`."""


@dataclass(frozen=True)
class Config(HelperAnnotations):
    """The configuration of one object, or of the containers that one login serves: annotations over the operator's settings."""

    mutate: str = annotation("mutate", TEXT, "", scope=BOTH, help="`skip` leaves the object alone")
    provider: str = annotation(
        "provider",
        PROVIDER,
        "vault",
        scope=BOTH,
        setting="PROVIDER",
        help="where secrets are; OpenBao speaks Vault's protocol",
    )
    mutate_probes: bool = annotation(
        "mutate-probes",
        BOOLEAN,
        "false",
        help="also start exec probes through the launcher; each run calls Vault unless vault-env-reuse is true",
    )
    reuse: bool = annotation(
        "vault-env-reuse",
        BOOLEAN,
        "false",
        setting="VAULT_ENV_REUSE",
        variable="VAULT_ENV_REUSE",
        help="what is started in the container later (probes, hooks, kubectl exec) takes the values from the running program, and asks Vault only in doubt",
    )
    mutate_lifecycle_hooks: bool = annotation(
        "mutate-lifecycle-hooks",
        BOOLEAN,
        "false",
        help="also start the exec commands of postStart and preStop through the launcher; each run calls Vault unless vault-env-reuse is true",
    )
    address: str = annotation(
        "vault-addr",
        LINE,
        "https://vault:8200",
        scope=BOTH,
        setting="VAULT_ADDR",
        injector="AGENT_INJECT_VAULT_ADDR",
        variable="VAULT_ADDR",
        help="the address of Vault; VAULT_ADDR of the operator or on its VAULT_ADDR_ALLOWLIST",
    )
    role: str = annotation(
        "vault-role",
        LINE,
        "",
        scope=BOTH,
        setting="VAULT_ROLE",
        variable="VAULT_ROLE",
        help="the role to log in with; default: the pod's ServiceAccount, for other objects `default`. A template: `{{ .namespace }}`, also authmethod, name, path, serviceaccount",
    )
    path: str = annotation(
        "vault-path",
        LINE,
        "kubernetes",
        scope=BOTH,
        setting="VAULT_PATH",
        variable="VAULT_PATH",
        help="the mount of the auth method: login is at auth/PATH/login",
    )
    auth_method: str = annotation(
        "vault-auth-method",
        AUTH_METHOD,
        "jwt",
        scope=BOTH,
        setting="VAULT_AUTH_METHOD",
        variable="VAULT_AUTH_METHOD",
        help="how to log in",
    )
    vault_namespace: str = annotation(
        "vault-namespace",
        LINE,
        "",
        scope=BOTH,
        setting="VAULT_NAMESPACE",
        injector="AGENT_INJECT_VAULT_NAMESPACE",
        variable="VAULT_NAMESPACE",
        help="the namespace in Vault Enterprise or OpenBao",
    )
    skip_verify: bool = annotation(
        "vault-skip-verify",
        BOOLEAN,
        "false",
        scope=BOTH,
        setting="VAULT_SKIP_VERIFY",
        variable="VAULT_SKIP_VERIFY",
        help="do not verify Vault's certificate; ignored unless the operator sets VAULT_ALLOW_OBJECT_SKIP_VERIFY",
    )
    tls_secret: str = annotation(
        "vault-tls-secret",
        LINE,
        "",
        scope=BOTH,
        setting="VAULT_TLS_SECRET",
        help="a Secret with Vault's CA under `ca.crt`: of the pod's namespace, for other objects of the webhook's",
    )
    service_account: str = annotation(
        "vault-serviceaccount",
        LINE,
        "",
        scope=OBJECTS,
        setting="VAULT_SERVICEACCOUNT",
        help="the ServiceAccount of the object's namespace to log in as; of a pod only what `serviceaccount` is in its role",
    )
    token_audience: str = annotation(
        "vault-token-audience",
        LINE,
        "",
        scope=BOTH,
        setting="VAULT_TOKEN_AUDIENCE",
        help="log in with a ServiceAccount token for this audience; a pod gets it in a volume of its own",
    )
    jwt_file: str = annotation(
        "vault-jwt-file",
        LINE,
        "",
        variable="VAULT_JWT_FILE",
        help="the file in the containers with the JWT to log in with; default: the ServiceAccount token that Kubernetes mounts",
    )
    token_mount: tuple[str, str] | None = annotation(
        "token-auth-mount",
        optional(VOLUME_FILE),
        "",
        successor="vault-token-auth-mount",
        help="a volume of the pod and a file in it that holds a Vault token to use instead of a login",
    )
    client_timeout_s: float | None = annotation(
        "vault-client-timeout",
        optional(DURATION),
        "",
        setting="VAULT_CLIENT_TIMEOUT",
        variable="VAULT_CLIENT_TIMEOUT",
        help="how long the launcher tries to log in and how long one request may take",
    )
    ignore_missing: bool = annotation(
        "vault-ignore-missing-secrets",
        BOOLEAN,
        "false",
        scope=BOTH,
        setting="VAULT_IGNORE_MISSING_SECRETS",
        variable="VAULT_IGNORE_MISSING_SECRETS",
        help="leave out variables whose path is not in Vault; in other objects the reference stays, with a warning",
    )
    refresh_after_s: int = annotation(
        "vault-refresh-after",
        REFRESH,
        "0",
        scope=OBJECTS,
        setting="VAULT_REFRESH_AFTER",
        help="keep the references, and have `vault-webhook sync` read Vault again after so long and write what has changed: see docs/kept.md; 0: read once",
    )
    refresh_text: bool = annotation(
        "vault-refresh-text",
        BOOLEAN,
        "false",
        scope=OBJECTS,
        setting="VAULT_REFRESH_TEXT",
        help="text beside a reference of a Secret or custom object, templates and defaults are no secret, and may be kept in an annotation",
    )
    from_path: str = annotation(
        "vault-env-from-path",
        TEXT,
        "",
        variable="VAULT_ENV_FROM_PATH",
        successor="vault-from-path",
        help="add all keys of these paths, `path[#version]`, with commas between them",
    )
    from_path_include: tuple[str, ...] = annotation(
        "vault-env-from-path-include",
        CONTAINERS,
        "",
        successor="vault-from-path-include",
        help="the only containers that get the keys of vault-env-from-path; default: all",
    )
    from_path_exclude: tuple[str, ...] = annotation(
        "vault-env-from-path-exclude",
        CONTAINERS,
        "",
        successor="vault-from-path-exclude",
        help="containers that do not get the keys of vault-env-from-path",
    )
    passthrough: str = annotation(
        "vault-env-passthrough",
        TEXT,
        "",
        setting="VAULT_ENV_PASSTHROUGH",
        variable="VAULT_ENV_PASSTHROUGH",
        successor="vault-passthrough",
        help="variables of the launcher that the program shall also see, with commas between them",
    )
    daemon: bool = annotation(
        "vault-env-daemon",
        BOOLEAN,
        "false",
        setting="VAULT_ENV_DAEMON",
        variable="VAULT_ENV_DAEMON",
        successor="secret-init-daemon",
        help="stay as the program's parent and renew its leases",
    )
    delay_s: float | None = annotation(
        "vault-env-delay",
        optional(DURATION),
        "",
        setting="VAULT_ENV_DELAY",
        variable="VAULT_ENV_DELAY",
        successor="secret-init-delay",
        help="wait this long before the program starts",
    )
    launcher_image: str = annotation(
        "vault-env-image",
        IMAGE,
        "",
        setting="VAULT_ENV_IMAGE",
        successor="secret-init-image",
        help="the image that holds the launcher",
    )
    launcher_pull_policy: str = annotation(
        "vault-env-image-pull-policy",
        PULL_POLICY,
        "IfNotPresent",
        setting="VAULT_ENV_PULL_POLICY",
        successor="secret-init-image-pull-policy",
        help="its pull policy",
    )
    delivery: Delivery = annotation(
        "vault-env-delivery",
        DELIVERY,
        "auto",
        setting="VAULT_ENV_DELIVERY",
        help="how the launcher gets into the pod: from its image as a volume (image), copied by an init container (init), or whichever every node can that the pod may run on (auto): see docs/delivery.md",
    )
    json_log: bool = annotation(
        "enable-json-log",
        BOOLEAN,
        "false",
        setting="ENABLE_JSON_LOG",
        variable="VAULT_JSON_LOG",
        successor="secret-init-json-log",
        help="the launcher logs JSON",
    )
    log_level: str | None = annotation(
        "log-level",
        optional(LOG_LEVEL),
        "",
        setting="LOG_LEVEL",
        variable="VAULT_LOG_LEVEL",
        successor="vault-log-level",
        help="the launcher's log level; a VAULT_LOG_LEVEL of the container itself wins",
    )
    transit_key: str = annotation(
        "transit-key-id",
        LINE,
        "",
        scope=BOTH,
        setting="TRANSIT_KEY_ID",
        variable="VAULT_TRANSIT_KEY_ID",
        successor="vault-transit-key-id",
        help="the transit key that decrypts `vault:v1:…` values",
    )
    transit_path: str = annotation(
        "transit-path",
        LINE,
        "",
        scope=BOTH,
        setting="TRANSIT_PATH",
        variable="VAULT_TRANSIT_PATH",
        successor="vault-transit-path",
        help="the mount of transit; default: transit",
    )
    transit_batch_size: int | None = annotation(
        "transit-batch-size",
        optional(BATCH_SIZE),
        "",
        scope=BOTH,
        setting="TRANSIT_BATCH_SIZE",
        variable="VAULT_TRANSIT_BATCH_SIZE",
        successor="vault-transit-batch-size",
        help="how many values one transit request carries; default: 25",
    )
    run_as_user: int = annotation(
        "run-as-user", COUNT, "0", setting="RUN_AS_USER", help="the init container's user; 0: the image's own"
    )
    run_as_group: int = annotation(
        "run-as-group",
        COUNT,
        "0",
        setting="RUN_AS_GROUP",
        help="the init container's group; 0: the image's own",
    )
    run_as_non_root: bool = annotation(
        "run-as-non-root",
        BOOLEAN,
        "true",
        setting="RUN_AS_NON_ROOT",
        help="the init container must not run as root",
    )
    allow_privilege_escalation: bool = annotation(
        "psp-allow-privilege-escalation",
        BOOLEAN,
        "false",
        setting="PSP_ALLOW_PRIVILEGE_ESCALATION",
        help="let the init container gain privileges",
    )
    readonly_root_fs: bool = annotation(
        "readonly-root-fs",
        BOOLEAN,
        "true",
        setting="READONLY_ROOT_FS",
        help="the init container's root file system is read-only",
    )
    registry_skip_verify: bool = annotation(
        "registry-skip-verify",
        BOOLEAN,
        "false",
        setting="REGISTRY_SKIP_VERIFY",
        help="do not verify the registry's certificate; ignored unless the operator sets REGISTRY_ALLOW_SKIP_VERIFY",
    )
    entry_points: Mapping[str, tuple[str, ...]] | None = annotation(
        "entrypoint",
        optional(ENTRY_POINTS),
        "",
        help="the images' entry points, by container, instead of asking the registry",
    )
    sidecar: Sidecar = annotation(
        "vault-agent-sidecar",
        SIDECAR,
        "auto",
        setting="VAULT_AGENT_SIDECAR",
        help="for files of HashiCorp's annotations, and for vault-agent-configmap and vault-ct-configmap: the agent as an init container and a container beside the program (container), as one init container that stays (native), or native in pods that end by themselves, as those of Jobs (auto): see docs/hashicorp-files.md",
    )
    secrets_writable: bool = annotation(
        "vault-agent-secrets-writable",
        BOOLEAN,
        "false",
        setting="VAULT_AGENT_SECRETS_WRITABLE",
        help="the containers may write into the volumes of such files",
    )
    agent_probes: tuple[str, ...] = annotation(
        "vault-agent-probes",
        PROBES,
        "",
        setting="VAULT_AGENT_PROBES",
        help="probes of the agent beside the program: readiness (the files are there), liveness",
    )
    trusted_variables: tuple[str, ...] = ()
    """The operator's VAULT_ENV_TRUSTED_VARIABLES."""
    sources: tuple[TemplateSource, ...] = ()
    """The sources of variables of HashiCorp's exec mode: each container of this configuration gets them."""
    tls_files: Mapping[str, str] = field(default_factory=lambda: CA_FILES)
    """The launcher's variables that name a file of `tls_secret`, with its key there."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the launcher, which no annotation of ours sets."""
    annotated: Mapping[str, str] = field(default_factory=dict)
    """The full key of the annotation of this object that set a field, by field."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The full key by which another family of annotations would set a field, by field."""

    def path_of(self, field: str) -> FieldPath:
        """Return the path of the annotation that sets `field`, or that could if none does."""
        return annotation_path(self._key_of(field))

    def name_of(self, field: str) -> str:
        """Return the key of that annotation behind its prefix, for messages."""
        return self._key_of(field).partition("/")[2]

    def _key_of(self, field: str) -> str:
        return self.annotated.get(field) or self.keys.get(field) or _OLDEST_KEYS[field]

    @cached_property
    def templates(self) -> str:
        """The text of VAULT_ENV_TEMPLATES; "" without sources."""
        return sources_text(self.sources) if self.sources else ""


_OF_HELPERS = {one.name for one in fields(HelperAnnotations)}
ANNOTATIONS = tuple(sorted(rows_of(Config, Annotation), key=lambda row: row.field in _OF_HELPERS))
"""The rows in the order of the page: those of helpers last."""
_OLDEST_KEYS = {row.field: row.full_keys()[-1] for row in ANNOTATIONS}
