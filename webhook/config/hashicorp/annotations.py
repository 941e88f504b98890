"""The annotations of HashiCorp's family on one pod, parsed by their table over the injector's variables."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vaultkube.problem import FieldPath, Problem
from vaultkube.settings_table import read_table
from webhook.config.annotation_keys import HASHICORP_PREFIX as PREFIX
from webhook.config.annotation_keys import annotation_path
from webhook.config.hashicorp.rows import NAME, AgentAnnotation, Mode
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS, AgentConfig

_SINGLE = {row.key: row for row in AGENT_ANNOTATIONS if not row.each}
_EACH = sorted(
    ((f"{row.key}-", row) for row in AGENT_ANNOTATIONS if row.each), key=lambda pair: -len(pair[0])
)
"""The rows for each NAME, the longest key first, because one key may begin with another."""
_ROWS = {row.field: row for row in AGENT_ANNOTATIONS}
_SECRET, _TEMPLATE, _TEMPLATE_FILE = (
    "agent-inject-secret-",
    "agent-inject-template-",
    "agent-inject-template-file-",
)

_MISTAKEN = {
    "vault-addr": "service",
    "vault-address": "service",
    "agent-vault-addr": "service",
    "addr": "service",
    "address": "service",
    "auth-method": "auth-type",
    "skip-verify": "tls-skip-verify",
    "vault-skip-verify": "tls-skip-verify",
    "agent-inject-status-update": "agent-inject-status",
    "agent-inject-token-perms": "agent-inject-perms-token",
}
"""Wrong keys in public manifests, which the injector ignores silently, with the right key."""
_WORDS = ("agent-", "agent-inject-", "agent-vault-", "inject-", "template-", "template-config-", "vault-")
"""Words in front of a key that people add, leave out or mix up."""
_MISTAKEN_EACH = {
    "secret-": _SECRET,
    "inject-secret-": _SECRET,
    "agent-secret-": _SECRET,
    "template-": _TEMPLATE,
    "inject-template-": _TEMPLATE,
    "agent-template-": _TEMPLATE,
}
_SUGGESTIONS = 10
_CLOSE = 0.85
_FAR = 3
"""The most characters by which the lengths of a key and its misspelling differ."""
_ALMOST = 0.9
_COMPARED = 20
_SEE = "; see docs/hashicorp-annotations.md"


def read_agent_defaults(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the value of each field without annotations; raise InvalidSetting, which names every unusable variable."""
    return read_table(_SINGLE.values(), environ)


class _Found(NamedTuple):
    row: AgentAnnotation
    name: str


def parse_agent_config(
    annotations: Mapping[str, str], defaults: Mapping[str, Any]
) -> tuple[AgentConfig, list[Problem]]:
    """Return the configuration, with defaults instead of unusable values, and a problem for each of those.

    A blank text counts as not set, except where it removes one of the agent's resource quantities or means false.
    """
    values: dict[str, Any] = {**defaults, **{row.field: {} for _, row in _EACH}}
    annotated = set()
    problems = []
    for key in sorted(annotations):
        found, text = _find(key, annotations), annotations[key]
        if found is None or not (text.strip() or _has_blank(found.row)):
            continue
        row = found.row
        annotated.add(row.field)
        try:
            value = row.type.parse(text if text.strip() else "")
        except ValueError:
            message = f"annotation {key}: {text!r} is not {row.type.accepted}"
            problems.append(Problem("annotation-value", annotation_path(key), message))
            continue
        if row.each:
            values[row.field][found.name] = value
        else:
            values[row.field] = value
    return AgentConfig(**values, annotated=frozenset(annotated)), problems


def _has_blank(row: AgentAnnotation) -> bool:
    """Return whether a blank text of the annotation has a meaning."""
    try:
        return row.mode in (Mode.FILES, Mode.NONE) and row.type.parse("") != ""
    except ValueError:
        return False


def find_unknown(annotations: Mapping[str, str]) -> list[Problem]:
    """Return a warning for each annotation of the family that is in no row of the table, or whose prefix is misspelt."""
    unknown = [key for key in sorted(annotations) if key.startswith(PREFIX) and not _find(key, annotations)]
    return [
        Problem(
            "annotation-unknown",
            annotation_path(key),
            f"unknown annotation {key}{_suggestion(key) if place < _SUGGESTIONS else _SEE}",
        )
        for place, key in enumerate(unknown)
    ] + [
        Problem(
            "annotation-unknown",
            annotation_path(key),
            f"annotation {key} is not read: its prefix is not {PREFIX}",
        )
        for key in _misspelt(annotations)
    ]


def _misspelt(annotations: Iterable[str]) -> list[str]:
    """Return the keys that begin almost with the family's prefix; of many keys that may, only the first are compared."""
    near = [key for key in sorted(annotations) if not key.startswith(PREFIX) and _is_near(key)]
    return [
        key
        for key in near[:_COMPARED]
        if difflib.SequenceMatcher(None, _dotted(key[: len(PREFIX)]), _dotted(PREFIX)).ratio() >= _ALMOST
    ]


def _dotted(text: str) -> str:
    return text.replace("-", ".").replace("_", ".").replace("/", ".")


def _is_near(key: str) -> bool:
    """Return whether the key has the letters of the prefix's first and last words near its begin."""
    begin = key[: len(PREFIX) + _FAR]
    return begin.startswith("va") and "corp" in begin and "com" in begin


def agent_key(field: str, name: str = "") -> str:
    """Return the full key of the annotation for a field, or of its annotation for `name`."""
    key = _ROWS[field].key
    return f"{PREFIX}{key}-{name}" if name else PREFIX + key


def agent_path(field: str, name: str) -> FieldPath:
    """Return the path of that annotation in its object."""
    return annotation_path(agent_key(field, name))


def _find(key: str, annotations: Mapping[str, str]) -> _Found | None:
    """Return the row of the key, and its NAME; None for a key of no row.

    `agent-inject-template-file-x` is the template of a secret `file-x`, if there is one, else the template file of `x`.
    """
    if not key.startswith(PREFIX):
        return None
    name = key.removeprefix(PREFIX)
    if name in _SINGLE:
        return _Found(_SINGLE[name], "")
    secret = name.removeprefix(_TEMPLATE)
    if name.startswith(_TEMPLATE_FILE) and annotations.get(f"{PREFIX}{_SECRET}{secret}"):
        return _Found(_ROWS["templates"], secret)
    for prefix, row in _EACH:
        if name.startswith(prefix) and name != prefix:
            return _Found(row, name.removeprefix(prefix))
    return None


def _suggestion(key: str) -> str:
    name = key.removeprefix(PREFIX)
    meant = _MISTAKEN.get(name) or _with_other_words(name) or _in_other_order(name) or _with_more(name)
    for wrong, right in () if meant else _MISTAKEN_EACH.items():
        if name.startswith(wrong):
            meant = right + name.removeprefix(wrong)
    meant = meant or _closest(name, _SINGLE)
    if not meant:
        head, _, suffix = name.rpartition("-")
        closest = _closest(head, (row.key for _, row in _EACH))
        meant = f"{closest}-{suffix or NAME}" if closest else ""
    return f"; did you mean {PREFIX}{meant}?" if meant else _SEE


def _with_other_words(name: str) -> str:
    """Return the known key that differs only in the words in front of it, in a NAME that is missing, or in `_`."""
    dashed = name.replace("_", "-")
    ends = [dashed, *(dashed.removeprefix(word) for word in _WORDS if dashed.startswith(word))]
    each = {row.key for _, row in _EACH}
    for known in (word + end for end in ends for word in ("", *_WORDS)):
        if known in _SINGLE:
            return known
        if known in each:
            return f"{known}-{NAME}"
    return dashed if dashed != name and _find(PREFIX + dashed, {}) else ""


def _in_other_order(name: str) -> str:
    """Return the known key with the same words in another order or number: `agent-limits-mem` for `agent-memory-limit`."""
    return next((key for key in _SINGLE if _words(key) == _words(name)), "")


def _words(name: str) -> list[str]:
    return sorted(word.removesuffix("s").replace("memory", "mem") for word in name.split("-"))


def _with_more(name: str) -> str:
    """Return the key of several words that the name continues, as if it were for each file, or that alone continues the name."""
    ended = [key for key in _SINGLE if key.count("-") > 1 and name.startswith(f"{key}-")]
    begun = [key for key in _SINGLE if key.startswith(f"{name}-")]
    return max(ended, key=len, default="") or (begun[0] if len(begun) == 1 else "")


def _closest(name: str, known: Iterable[str]) -> str:
    found = [key for key in known if abs(len(key) - len(name)) <= _FAR]
    return next(iter(difflib.get_close_matches(name, found, n=1, cutoff=_CLOSE)), "")
