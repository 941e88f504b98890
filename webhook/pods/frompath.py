"""Which of the paths of `vault-env-from-path` a container gets: by the annotations beside it, and by `;containers=`."""

from vaultenv.errors import InvalidReference
from vaultenv.frompath import FromPath, parse_from_path
from webhook.annotations import Config

EPHEMERAL = "ephemeralContainers"


def from_path_of(key: str, name: str, config: Config) -> str:
    """Return what the container `name` of the list `key` gets as VAULT_ENV_FROM_PATH, empty for nothing.

    An ephemeral container gets a path only if it is named. A text that cannot be read is returned as it is.
    """
    items = [item for item in config.from_path.split(",") if item.strip()]
    if not items or name in config.from_path_exclude:
        return ""
    by_default = name in config.from_path_include or not (config.from_path_include or key == EPHEMERAL)
    try:
        taken = [item for item in items if _is_for(parse_from_path(item)[0], name, by_default)]
    except InvalidReference:
        return config.from_path
    return config.from_path if taken == items else ",".join(taken)


def named_containers(config: Config) -> dict[str, tuple[str, ...]]:
    """Return the names of containers that each part of the annotations mentions."""
    try:
        items = parse_from_path(config.from_path)
    except InvalidReference:
        items = ()
    return {
        "vault-env-from-path-include": config.from_path_include,
        "vault-env-from-path-exclude": config.from_path_exclude,
        "vault-env-from-path": tuple(name for item in items for name in item.containers),
    }


def _is_for(item: FromPath, name: str, by_default: bool) -> bool:
    return name in item.containers if item.containers else by_default
