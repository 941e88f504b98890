"""Which paths of Vault the containers of a pod ask for, for the path policy."""

from collections.abc import Iterator, Mapping
from typing import Any

from webhook.config.annotations import Config
from webhook.pods.environment import FROM_PATH_VARIABLE, NAMESPACE_VARIABLE, Variable
from webhook.pods.frompath import FromPaths, read_from_paths
from webhook.pods.pod import Plan
from webhook.pods.references import References
from webhook.pods.transit import decrypt_path, is_operators
from webhook.policy.paths import Asked, foreign_namespace


def find_asked(
    pod_spec: Mapping[str, Any], plan: Plan, config: Config, operators_namespace: str
) -> Iterator[Asked]:
    """Yield every path that the containers of `plan` will read or write, with the container and variable."""
    for place, references in plan.wrapped.items():
        key, index = place
        name = pod_spec[key][index].get("name") or ""
        own = references.settings.get(NAMESPACE_VARIABLE)
        vault_namespace = _vault_namespace(own, config, operators_namespace)
        for where, path in _paths(plan.given[place], references, config):
            known = None if vault_namespace is None else path
            yield Asked(f"container {name}: {where}", known, vault_namespace or "")


def _paths(given: FromPaths, references: References, config: Config) -> Iterator[tuple[str, str | None]]:
    yield from ((f"variable {variable}", path) for variable, path in references.paths if path)
    yield from ((f"variable {variable}", None) for variable in references.uncertain)
    if not is_operators(references, config):
        path = decrypt_path(references, config)
        yield from ((f"variable {variable}", path) for variable in references.ciphertexts)
    if given.text:
        for item in _from_path(given):
            yield "annotation vault-env-from-path", item
    elif FROM_PATH_VARIABLE in references.settings:
        text = references.settings[FROM_PATH_VARIABLE].text()
        for item in _from_path(read_from_paths(text)) if text is not None else (None,):
            yield f"variable {FROM_PATH_VARIABLE}", item


def _from_path(paths: FromPaths) -> Iterator[str | None]:
    yield from (None,) if paths.problem else (item.path for item in paths.items)


def _vault_namespace(own: Variable | None, config: Config, operators: str) -> str | None:
    """Vault's namespace if it is not the operator's; None if it cannot be told."""
    if config.vault_namespace or own is None:
        return foreign_namespace(config.vault_namespace, operators)
    text = own.text()
    return None if text is None else foreign_namespace(text, operators)
