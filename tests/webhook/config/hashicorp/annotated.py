"""Pods' annotations of HashiCorp's family, and exec mode and file mode as the webhook reads them."""

from vaultkube.problem import Problem
from webhook.config.annotation_keys import HASHICORP_PREFIX, PREFIX
from webhook.config.annotations import read_defaults
from webhook.config.configure import configure
from webhook.config.hashicorp.exec_mode import ExecMode, read_exec_mode
from webhook.config.hashicorp.file_mode import FileMode, read_file_mode
from webhook.config.settings import read_settings

OPERATOR = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1"}
GATE = {"agent-inject": "true", "agent-run-as-sidecar": "false"}
SECRET = {"agent-inject-secret-config.env": "secret/data/api"}
TEMPLATE = '{{- with secret "secret/data/api" -}}\nA={{ .Data.data.a }}\n{{- end }}\n'


def named(annotations: dict[str, str]) -> dict[str, str]:
    """Return the annotations under HashiCorp's prefix."""
    return {HASHICORP_PREFIX + key: text for key, text in annotations.items()}


def ours(**annotations: str) -> dict[str, str]:
    """Return the annotations under our prefix."""
    return {PREFIX + key.replace("_", "-"): text for key, text in annotations.items()}


def read(annotations: dict[str, str], own: dict[str, str] | None = None, **operator: str) -> ExecMode | None:
    """Return exec mode by HashiCorp's annotations, with `own` ones of ours by their full keys."""
    environ = {**OPERATOR, **operator}
    defaults, settings = read_defaults(environ), read_settings(environ)
    every = {**named(annotations), **(own or {})}
    return read_exec_mode(every, configure(every, defaults, settings).config, defaults, settings)


def exec_mode(annotations: dict[str, str], own: dict[str, str] | None = None, **operator: str) -> ExecMode:
    """Return exec mode of a pod with its gate and a secret."""
    mode = read({**GATE, **SECRET, **annotations}, own, **operator)
    assert mode is not None
    return mode


def read_files(
    annotations: dict[str, str], own: dict[str, str] | None = None, **operator: str
) -> FileMode | None:
    """Return file mode by HashiCorp's annotations, with `own` ones of ours by their full keys."""
    environ = {**OPERATOR, **operator}
    defaults, settings = read_defaults(environ), read_settings(environ)
    every = {**named(annotations), **(own or {})}
    return read_file_mode(every, configure(every, defaults, settings).config, defaults, settings)


def file_mode(annotations: dict[str, str], own: dict[str, str] | None = None, **operator: str) -> FileMode:
    """Return file mode of a pod with its gate."""
    mode = read_files({"agent-inject": "true", **annotations}, own, **operator)
    assert mode is not None
    return mode


def rules_and_keys(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    """Rule and key of each problem, the key behind its prefix."""
    return [(each.rule, str(each.path[-1]).removeprefix(HASHICORP_PREFIX)) for each in problems]
