"""Secrets of Vault in files: answers to the needs of templates, from JSON files that a person names with paths."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vaultenv.basics.jsontext import Number, loads
from vaultenv.template.consul.needs import Certificate, List, Need, Read, Write, read
from vaultkube.errors import InvalidManifest

_FOLDERS = ("data", "metadata")
_ANSWER = ("request_id", "lease_id", "lease_duration")
"""Fields beside `data` in every answer of Vault."""
_METADATA = {
    "created_time": "",
    "custom_metadata": None,
    "deletion_time": "",
    "destroyed": False,
    "version": Number("1"),
}


class SecretFiles:
    """Holds the contents of files by path. A path with and without the `data/` of KV v2 is the same."""

    def __init__(self, contents: Mapping[str, Any]) -> None:
        self._contents = dict(contents)
        self._forms = {form: path for path in contents for form in (*_forms(path), path)}

    def answer(self, need: Need) -> Mapping[str, Any] | None:
        """Return the JSON object that Vault would answer, None for a path without a file.

        A content is a whole answer of Vault or only its data. It is data of KV v2 if the path of the need or of the
        file contains `data/`. The content for a need of names is their list. Raises InvalidManifest for a content that
        does not fit the need.
        """
        requested = path_of(need)
        path = next(
            (self._forms[form] for form in (requested, *_forms(requested)) if form in self._forms), None
        )
        if path is None:
            return None
        content = self._contents[path]
        if isinstance(need, List):
            return {"data": {"keys": _names(content, path)}}
        if not isinstance(content, dict):
            raise InvalidManifest(f'the file for {path} holds no JSON object: write {{"key": "value"}}')
        if isinstance(content.get("data"), dict) and any(field in content for field in _ANSWER):
            return content
        is_kv2 = isinstance(need, Read) and any("/data/" in each for each in (requested, path))
        if is_kv2 and not (content.keys() == {"data", "metadata"} and isinstance(content["metadata"], dict)):
            return {"data": {"data": content, "metadata": _METADATA}}
        return {"data": content}


def path_of(need: Need) -> str:
    """Return the path of a need; an empty text if it has none."""
    return need.path if isinstance(need, (Read, List, Write, Certificate)) else ""


def read_secret_files(pairs: Iterable[tuple[str, str]]) -> SecretFiles:
    """Return the contents of (path, file) pairs; raise InvalidManifest for a file that cannot be read or is not JSON.

    Raises TemplateError for an invalid path.
    """
    return SecretFiles({read(path).path: _content(file) for path, file in pairs})


def _content(file: str) -> Any:
    try:
        return loads(Path(file).read_bytes())
    except OSError as error:
        raise InvalidManifest(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise InvalidManifest(f"{file} holds no JSON") from None


def _names(content: Any, path: str) -> list[str]:
    found = content
    for field in ("data", "keys"):
        found = found.get(field, found) if isinstance(found, dict) else found
    if not (isinstance(found, list) and all(type(name) is str for name in found)):
        raise InvalidManifest(f'the file for {path} holds no names: write ["a", "b/"]')
    return found


def _forms(path: str) -> Iterator[str]:
    """Yield the path as it is, then without one `data` or `metadata` after the first word.

    The mount may have several words.
    """
    words = path.split("/")
    yield path
    for place in range(1, len(words) - 1):
        if words[place] in _FOLDERS:
            yield "/".join(words[:place] + words[place + 1 :])
