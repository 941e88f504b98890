"""The scenarios that are measured; each is the environment of one start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from vaultenv.template_sources import TemplateSource, sources_text

PATHS = 20
ONE_READ = "login, 1 read"
FROM_PATH, TEMPLATE = "login, from-path", "login, template"
"""Two scenarios that read the same secret."""
_PATH = "secret/data/bench/0"
_EACH_KEY = """
{{- with secret "%s" -}}
{{- range $key, $value := .Data.data }}
{{ $key }}={{ $value }}
{{- end }}
{{- end }}
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name, and the variables with which every launcher starts."""

    name: str
    environ: Mapping[str, str]


def scenarios(vault: Vault, cluster: Cluster, delayed: str, folder: Path) -> list[Scenario]:
    """Return all scenarios; `delayed` is the address of Vault behind a longer network path."""
    _fill(vault)
    token = folder / "token"
    token.write_text(cluster.service_account_token("default"))
    bundle = folder / "bundle.pem"
    bundle.write_text(Path("/etc/ssl/certs/ca-certificates.crt").read_text() + vault.ca_file.read_text())
    environ = {
        "VAULT_ADDR": vault.address,
        "VAULT_CACERT": str(vault.ca_file),
        "VAULT_ROLE": "bench",
        "VAULT_PATH": "kubernetes",
        "VAULT_JWT_FILE": str(token),
        "KUBERNETES_SERVICE_ACCOUNT_TOKEN": str(token),
        "VAULT_LOG_LEVEL": "error",
        **{f"PLAIN_{number}": f"value {number}" for number in range(20)},
    }
    one = environ | _references(1)
    many = environ | _references(PATHS)
    quiet = {name: value for name, value in environ.items() if name != "VAULT_LOG_LEVEL"}
    return [
        Scenario("token, 1 read", one | {"VAULT_TOKEN": _token(vault)}),
        Scenario(ONE_READ, one),
        Scenario(FROM_PATH, environ | {"VAULT_ENV_FROM_PATH": _PATH}),
        Scenario(TEMPLATE, environ | {"VAULT_ENV_TEMPLATES": _template()}),
        Scenario(f"{ONE_READ}, CA bundle", one | {"VAULT_CACERT": str(bundle)}),
        Scenario(f"login, {PATHS} paths", many),
        Scenario(f"login, {PATHS} paths, +5 ms", many | {"VAULT_ADDR": delayed}),
        Scenario("no reference", quiet),
    ]


def _template() -> str:
    source = TemplateSource("config.env", _PATH, _EACH_KEY % _PATH)
    return sources_text([source])


def _references(count: int) -> dict[str, str]:
    return {f"SECRET_{number}": f"vault:secret/data/bench/{number}#password" for number in range(count)}


def _fill(vault: Vault) -> None:
    for number in range(PATHS):
        vault.put_secret(f"secret/data/bench/{number}", username="user", password=f"password {number}")
    vault.policy("bench", 'path "secret/data/bench/*" { capabilities = ["read"] }')
    bound = {"bound_service_account_names": "default", "bound_service_account_namespaces": "default"}
    vault.write("auth/kubernetes/role/bench", {**bound, "policies": "bench"})


def _token(vault: Vault) -> str:
    return vault.new_token("bench", ttl="24h")
