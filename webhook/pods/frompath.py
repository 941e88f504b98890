"""The paths of `vault-env-from-path` for one container, chosen by annotations for containers, and by `;containers=`."""

from typing import Final, NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.frompath import FromPath, parse_from_path
from webhook.config.annotations import Config

EPHEMERAL: Final = "ephemeralContainers"


class FromPaths(NamedTuple):
    """Paths all keys of which become variables: their `text`, empty for none, and each path `written` and parsed.

    If there is a `problem`, only the text is set.
    """

    text: str = ""
    items: tuple[FromPath, ...] = ()
    written: tuple[str, ...] = ()
    problem: str = ""


NO_PATHS = FromPaths()


def read_from_paths(text: str) -> FromPaths:
    """Return the paths in the annotation's text."""
    written = tuple(item for item in text.split(",") if item.strip())
    if not written:
        return NO_PATHS
    try:
        return FromPaths(text, parse_from_path(text), written)
    except InvalidReference as error:
        return FromPaths(text, problem=f"{error.message} ({error.reference})")


def from_paths_of(paths: FromPaths, key: str, name: str, config: Config) -> FromPaths:
    """Return those of the annotation's `paths` that are for the container `name` in the list `key`.

    An ephemeral container gets a path only if it is named.
    """
    if not paths.text or name in config.from_path_exclude:
        return NO_PATHS
    by_default = name in config.from_path_include or not (config.from_path_include or key == EPHEMERAL)
    chosen = [number for number, item in enumerate(paths.items) if _is_for(item, name, by_default)]
    if len(chosen) == len(paths.items):
        return paths
    written = tuple(paths.written[number] for number in chosen)
    return FromPaths(",".join(written), tuple(paths.items[number] for number in chosen), written)


def named_containers(paths: FromPaths, config: Config) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return the field of `Config`, the key and the container names of each annotation that names containers."""
    own = tuple([name for item in paths.items for name in item.containers])
    if not (own or config.from_path_include or config.from_path_exclude or config.entry_points):
        return ()
    return (
        ("from_path_include", "vault-env-from-path-include", config.from_path_include),
        ("from_path_exclude", "vault-env-from-path-exclude", config.from_path_exclude),
        ("from_path", "vault-env-from-path", own),
        ("entry_points", "entrypoint", tuple(config.entry_points or ())),
    )


def _is_for(item: FromPath, name: str, by_default: bool) -> bool:
    return name in item.containers if item.containers else by_default
