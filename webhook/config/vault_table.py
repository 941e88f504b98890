"""The annotations for the connection to Vault: address, login, and the treatment of its answers."""

from dataclasses import dataclass

from vaultkube.value_types import (
    AUTH_METHOD,
    BATCH_SIZE,
    BOOLEAN,
    DURATION,
    LINE,
    PROVIDER,
    REFRESH,
    VOLUME_FILE,
    optional,
)
from webhook.config.annotation_row import BOTH, OBJECTS, annotation


@dataclass(frozen=True)
class VaultAnnotations:
    """The fields of `Config` for address, login, transit and references."""

    provider: str = annotation(
        "provider",
        PROVIDER,
        "vault",
        scope=BOTH,
        setting="PROVIDER",
        help="where secrets are; OpenBao speaks Vault's protocol, and references begin with vault: for both",
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
        help="the ServiceAccount of the object's namespace to log in as; for a pod only the value of `serviceaccount` in its role",
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
        help="keep the references: `vault-webhook sync` reads Vault again after this time and writes changed values: see docs/kept.md; 0: read once",
    )
    refresh_text: bool = annotation(
        "vault-refresh-text",
        BOOLEAN,
        "false",
        scope=OBJECTS,
        setting="VAULT_REFRESH_TEXT",
        help="text beside a reference of a Secret or custom object, templates and defaults are no secret, and may be kept in an annotation",
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
