"""The files that an agent writes: for each NAME its source, its path in a volume, its mode and its command."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise

from vaultenv.agent_settings import AgentFile
from vaultenv.template_sources import TemplateSource
from vaultkube.problem import Problem
from webhook.config.hashicorp.annotations import agent_key
from webhook.config.hashicorp.login import Origin, about
from webhook.config.hashicorp.sources import read_source
from webhook.config.hashicorp.table import AgentConfig

TOKEN = "token"  # noqa: S105 (a name)
_FILE_FIELDS = (
    "files",
    "perms",
    "commands",
    "volume_paths",
    "preserve_cases",
    "left",
    "right",
    "error_on_missing_key",
)
_NO_PLACE = "/invalid"
"""The path of a file whose own path cannot be used; the pod is refused."""


def read_files(agent: AgentConfig) -> tuple[AgentFile, ...]:
    """Return the files in the order of their NAME; a path of only slashes and blanks counts as none."""
    sources = ((name, read_source(agent, name)) for name in _names(agent))
    return tuple(
        _file(agent, name, source)
        for name, source in sources
        if source.path or source.template or name in agent.template_files
    )


def token_file(agent: AgentConfig) -> str:
    """Return the path of the file for the token; an empty text if the annotations request none."""
    return f"{_folder(agent.volume_path)}/{TOKEN}" if agent.token else ""


def token_mode(agent: AgentConfig) -> int | None:
    """Return the annotated mode of that file, if `token` is not the NAME of another one."""
    return agent.perms.get(TOKEN) if agent.token and TOKEN not in _names(agent) else None


def volume_paths(agent: AgentConfig) -> tuple[str, ...]:
    """Return the mount paths of the volumes, each once: the common one, then those of single files."""
    own = (agent.volume_paths[name] for name in _names(agent) if agent.volume_paths.get(name))
    return tuple(dict.fromkeys(map(_folder, (agent.volume_path, *own))))


def file_problems(agent: AgentConfig) -> Iterator[Problem]:
    """Yield the problems of file paths, and warnings about annotations that belong to no file."""
    yield from _volume_problems(agent)
    yield from _name_problems(agent)
    yield from _collisions(agent)
    names = set(_names(agent))
    for field in _FILE_FIELDS:
        of_token = {TOKEN} if field == "perms" and agent.token else set()
        for name in sorted(getattr(agent, field).keys() - names - of_token):
            message = (
                f" has no effect: there is no agent-inject-secret-{name} and no agent-inject-template-{name}"
            )
            meant = _ending(name, names)
            if meant:
                message += f"; did you mean {agent_key(field, meant)}?"
            yield Problem("annotation-ignored", *about(Origin(field, name), message))


def _ending(name: str, names: Container[str]) -> str:
    """Return the longest of `names` with which the name ends, after a hyphen; an empty text for none."""
    words = name.split("-")
    ends = ("-".join(words[first:]) for first in range(1, len(words)))
    return next((end for end in ends if end in names), "")


def folders_among(places: Iterable[str]) -> dict[str, str]:
    """Return each path that is also a folder of others, with the first of the others."""
    inside = sorted({f"{place}/" for place in places})
    return {outer[:-1]: inner[:-1] for outer, inner in pairwise(inside) if inner.startswith(outer)}


def _names(agent: AgentConfig) -> list[str]:
    return sorted(agent.secrets.keys() | agent.templates.keys() | agent.template_files.keys())


def _file(agent: AgentConfig, name: str, source: TemplateSource) -> AgentFile:
    folder, file = _volume_of(agent, name), _file_name(agent, name)
    return AgentFile(
        source,
        f"{folder}/{file}" if _is_inside(file) else _NO_PLACE,
        template_file="" if source.template else agent.template_files.get(name, ""),
        mode=agent.perms.get(name),
        command=agent.commands.get(name, ""),
    )


def _volume_of(agent: AgentConfig, name: str) -> str:
    return _folder(agent.volume_paths.get(name) or agent.volume_path)


def _folder(path: str) -> str:
    """Return the mount path of a volume, or a placeholder for one that cannot be used."""
    return path.rstrip("/") if _is_absolute(path) else _NO_PLACE


def _file_name(agent: AgentConfig, name: str) -> str:
    preserves_case = agent.preserve_cases.get(name, agent.preserve_case)
    return _plain(agent.files.get(name, "")) or (name if preserves_case else name.lower())


def _plain(path: str) -> str:
    """Return a relative path without `.` and empty parts, as Go joins paths; one of another form stays, and is refused."""
    if path.startswith("/") or path.endswith("/"):
        return path
    return "/".join(part for part in path.split("/") if part not in ("", ".")) or path


def _is_absolute(path: str) -> bool:
    return path.startswith("/") and _is_inside(path.rstrip("/")[1:]) and ":" not in path


def _is_inside(path: str) -> bool:
    """Return whether a relative path is below its folder, without empty parts, `.` and `..`."""
    return all(part not in ("", ".", "..") for part in path.split("/"))


def _volume_problems(agent: AgentConfig) -> Iterator[Problem]:
    paths = [
        ("volume_path", "", agent.volume_path),
        *(("volume_paths", *item) for item in agent.volume_paths.items()),
    ]
    for field, name, path in sorted(paths):
        if path and not _is_absolute(path):
            message = f": {path!r} is no place for a volume: write an absolute path without .. and :"
            yield Problem("file-mode", *about(Origin(field, name), message))


def _name_problems(agent: AgentConfig) -> Iterator[Problem]:
    for name in _names(agent):
        if not _is_inside(_file_name(agent, name)):
            field = "files" if agent.files.get(name) else "secrets"
            file = _file_name(agent, name)
            message = f": {file!r} is no file of the volume: write a relative path without .."
            folder, _, last = file.rpartition("/")
            hides_little = folder.count("/") > 1  # a volume at /etc would hide the image's own files
            if _is_absolute(file) and hides_little:
                message += f", or {agent_key('files', name)}: {last} with {agent_key('volume_paths', name)}: {folder}"
            yield Problem("file-mode", *about(Origin(field, name), message))
    for name, path in sorted(agent.template_files.items()):
        if name not in agent.templates and not _is_absolute(path):
            message = f": {path!r} is no absolute path in the agent's container"
            yield Problem("file-mode", *about(Origin("template_files", name), message))


def _collisions(agent: AgentConfig) -> Iterator[Problem]:
    """Yield a problem for files with the same path, or for a file that would be a folder of another."""
    by_place: dict[str, list[str]] = defaultdict(list)
    for name in _names(agent):
        by_place[f"{_volume_of(agent, name)}/{_file_name(agent, name)}"].append(name)
    if agent.token:
        by_place[token_file(agent)].append("")
    folders = folders_among(by_place)
    for place, names in sorted(by_place.items()):
        if len(names) > 1:
            message = f": {_listed(names)} would all be {place}: give them files of their own by agent-inject-file-NAME"
            if len({name.lower() for name in names}) == 1:
                message += ", or distinguish them with preserve-secret-case"
            yield Problem("file-mode", *about(_origin(agent, names[0]), message))
        if place in folders:
            message = f": {place} would be a file and the folder of {folders[place]}: rename one by agent-inject-file-NAME"
            yield Problem("file-mode", *about(_origin(agent, names[0]), message))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name or "agent-inject-token" for name in names)


def _origin(agent: AgentConfig, name: str) -> Origin:
    """Return the annotation that requests the file."""
    if not name:
        return Origin("token")
    fields = ("files", "secrets", "templates", "template_files")
    return Origin(next(field for field in fields if name in getattr(agent, field)), name)
