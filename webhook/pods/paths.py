"""The paths of Vault that the containers of a pod request, for the path policy."""

from collections.abc import Iterable, Iterator

from vaultenv.template_sources import TemplateSource, parse_sources
from vaultkube.policy.paths import RequestedPath, foreign_namespace
from vaultkube.problem import FieldPath
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import TEMPLATES_VARIABLE, Config
from webhook.config.hashicorp.annotations import agent_key, agent_path
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.hashicorp.template_analysis import named_paths, without_query
from webhook.pods.environment import FROM_PATH_VARIABLE, NAMESPACE_VARIABLE, Variable
from webhook.pods.frompath import NO_PATHS, FromPaths, read_from_paths
from webhook.pods.plan import Plan
from webhook.pods.references import References
from webhook.pods.transit import decrypt_path, is_operators


def find_requested_paths(
    pod_spec: PodSpec, plan: Plan, config: Config, operators_namespace: str
) -> Iterator[RequestedPath]:
    """Yield every path that the containers of `plan` may read or write, with its field, for any webhook's launcher."""
    for place, references in {**plan.wrapped, **plan.foreign}.items():
        key, index = place
        prefix = f"container {pod_spec[key][index].get('name') or ''}: "
        own = references.settings.get(NAMESPACE_VARIABLE)
        vault_namespace = _vault_namespace(own, config, operators_namespace)
        for variable, path in _variable_paths(references, config):
            field = ("spec", *place, *references.places[variable])
            yield _requested(field, f"{prefix}variable {variable}", path, vault_namespace)
        for source_field, origin, path in _template_paths(references, config, ("spec", *place)):
            yield _requested(source_field, prefix + origin, path, vault_namespace)
        for field, origin, path in _from_paths(
            plan.from_paths.get(place, NO_PATHS), references, config, ("spec", *place)
        ):
            yield _requested(field, prefix + origin, path, vault_namespace)


def find_agent_paths(mode: FileMode, operators_namespace: str) -> Iterator[RequestedPath]:
    """Yield every path that an agent may read or write, with its annotation.

    Paths in a file or a ConfigMap are unknown.
    """
    vault_namespace = _vault_namespace(None, mode.config, operators_namespace)
    for field, origin, path in source_paths(file.source for file in mode.files):
        yield _requested(field, origin, path, vault_namespace)
    unknown = [("template_files", file.source.name) for file in mode.files if file.template_file]
    if mode.agent.configmap:
        unknown.append(("configmap", ""))
    for key in unknown:
        yield _requested(agent_path(*key), f"annotation {agent_key(*key)}", None, vault_namespace)


def _requested(field: FieldPath, origin: str, path: str | None, vault_namespace: str | None) -> RequestedPath:
    known = None if vault_namespace is None else path
    return RequestedPath(field, origin, known, vault_namespace or "")


def _variable_paths(references: References, config: Config) -> Iterator[tuple[str, str | None]]:
    """Yield variable and path of each reference; None for a path that only the kubelet will know."""
    yield from ((variable, path) for variable, path in references.paths if path)
    yield from ((variable, None) for variable in references.uncertain)
    if not is_operators(references, config):
        path = decrypt_path(references, config)
        yield from ((variable, path) for variable in references.ciphertexts)


def _from_paths(
    annotated: FromPaths, references: References, config: Config, container: FieldPath
) -> Iterator[tuple[FieldPath, str, str | None]]:
    """Yield field, place and path of each path for all keys, from the annotation, else the container's variable."""
    own = references.settings.get(FROM_PATH_VARIABLE)
    if annotated.text:
        for path in _paths(annotated):
            yield config.path_of("from_path"), "annotation vault-env-from-path", path
    elif own is not None:
        text = own.text()
        for path in (None,) if text is None else _paths(read_from_paths(text)):
            yield (*container, *own.path), f"variable {FROM_PATH_VARIABLE}", path


def _template_paths(
    references: References, config: Config, container: FieldPath
) -> Iterator[tuple[FieldPath, str, str | None]]:
    """Yield field, place and path of each template source, from HashiCorp's annotations, else from the variable."""
    own = references.settings.get(TEMPLATES_VARIABLE)
    if config.sources:
        yield from source_paths(config.sources)
    elif own is not None:
        for path in _own_sources(own):
            yield (*container, *own.path), f"variable {TEMPLATES_VARIABLE}", path


def source_paths(sources: Iterable[TemplateSource]) -> Iterator[tuple[FieldPath, str, str | None]]:
    """Yield the annotation, its place and the path of each source; None for a path that a template builds."""
    for source in sources:
        named = [without_query(source.path)] if source.path else []
        for field, paths in (("secrets", named), ("templates", named_paths(source))):
            for path in paths:
                yield agent_path(field, source.name), f"annotation {agent_key(field, source.name)}", path


def _own_sources(variable: Variable) -> Iterator[str | None]:
    """Yield the paths in a container's own list of sources; None for an unreadable list or an unknown path."""
    text = variable.text()
    try:
        sources = parse_sources(text) if text else ()
    except ValueError:
        sources, text = (), None
    if text is None:
        yield None
    for source in sources:
        yield from [without_query(source.path)] if source.path else []
        yield from named_paths(source)


def _paths(paths: FromPaths) -> Iterator[str | None]:
    yield from (None,) if paths.problem else (item.path for item in paths.items)


def _vault_namespace(own: Variable | None, config: Config, operators: str) -> str | None:
    """Return the namespace in Vault if it is not the operator's; None if only the kubelet will know it."""
    if config.vault_namespace or own is None:
        return foreign_namespace(config.vault_namespace, operators)
    text = own.text()
    return None if text is None else foreign_namespace(text, operators)
