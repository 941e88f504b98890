"""Template sources of variables: the form of VAULT_ENV_TEMPLATES, which the webhook writes and the launcher reads.

It is a JSON list of objects, in the order of their rendering; if two have the same variable, the later source wins:

    [{"name": "config.env", "path": "secret/data/app", "template": "A={{ … }}", "missing_key": "error"},
     {"name": "db", "path": "secret/data/db", "default": "map"}]

A source has a `path`, a `template` or both. Without a template all keys of its path become variables, and `default` names
the template that HashiCorp's agent would render for the path: `map` or `json`. `left` and `right` are the delimiters, by
default `{{` and `}}`. With `missing_key` `error`, a missing key is an error.
"""

from __future__ import annotations

from vaultenv.basics.jsontext import dumps, loads
from vaultenv.basics.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

LEFT, RIGHT = "{{", "}}"
MAP, JSON = "map", "json"
ERROR = "error"
_OPTIONAL = {"path": "", "template": "", "default": "", "left": LEFT, "right": RIGHT, "missing_key": ""}
_CHOICES = {"default": ("", MAP, JSON), "missing_key": ("", ERROR)}


_DEFAULT_TEXTS = {
    MAP: "{{ with secret %s }}{{ range $k, $v := .Data }}{{ $k }}: {{ $v }}\n{{ end }}{{ end }}",
    JSON: "{{ with secret %s }}{{ .Data | toJSON }}\n{{ end }}",
}


class TemplateSource(Record):
    """One source; fields that are not in the JSON have the defaults of the module's docstring, else ""."""

    __slots__ = ("default", "left", "missing_key", "name", "path", "right", "template")

    def __init__(
        self,
        name: str,
        path: str = "",
        template: str = "",
        default: str = "",
        left: str = LEFT,
        right: str = RIGHT,
        missing_key: str = "",
    ) -> None:
        self.name = name
        self.path = path
        self.template = template
        self.default = default
        self.left = left
        self.right = right
        self.missing_key = missing_key


def default_template(source: TemplateSource) -> str:
    """Return the default template of HashiCorp's agent for a path, with the delimiters `{{` and `}}`.

    https://github.com/hashicorp/vault-k8s/blob/main/agent-inject/agent/annotations.go
    """
    return _DEFAULT_TEXTS[source.default or MAP] % _quoted(source.path)


def _quoted(path: str) -> str:
    """Return the path as a string of the template language."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def sources_text(sources: Iterable[TemplateSource]) -> str:
    """Return the JSON text of the sources, in ASCII."""
    return dumps([source_document(source) for source in sources])


def parse_sources(text: str) -> tuple[TemplateSource, ...]:
    """Return the sources in the JSON text; raise ValueError, which names the fault and the field without the value."""
    found = loads(text.encode("utf-8", "surrogatepass"))
    if not isinstance(found, list):
        raise ValueError("it is not a JSON list")
    return tuple([_source(document, f"source {position}") for position, document in enumerate(found, 1)])


def source_document(source: TemplateSource) -> dict[str, str]:
    """Return the source as a JSON object, without the fields that have their default value."""
    values = {field: getattr(source, field) for field in _OPTIONAL}
    return {
        "name": source.name,
        **{field: text for field, text in values.items() if text != _OPTIONAL[field]},
    }


def read_source(document: Any, where: str) -> TemplateSource:
    """Return the source in a JSON object, which may lack path and template; raise ValueError with the fault and `where`."""
    if not isinstance(document, dict) or not document.get("name"):
        raise ValueError(f"{where} is not an object with a name")
    for field, value in document.items():
        if field != "name" and field not in _OPTIONAL:
            raise ValueError(f"{where} has the unknown field {field[:40]!r}")
        if type(value) is not str or value not in _CHOICES.get(field, (value,)):
            raise ValueError(f"{where}: {field} is not a text that it can have")
    source = TemplateSource(**document)
    if not (source.left and source.right):
        raise ValueError(f"{where} has an empty delimiter")
    return source


def _source(document: Any, where: str) -> TemplateSource:
    source = read_source(document, where)
    if not (source.path or source.template):
        raise ValueError(f"{where} has neither path nor template")
    return source
