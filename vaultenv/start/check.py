"""`vault-env --check`: a report of each variable's sources and versions, never of a value."""

from __future__ import annotations

from vaultenv.basics.text import shown
from vaultenv.references.cache import CachingReader
from vaultenv.references.grammar import parse
from vaultenv.references.parts import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.references.cached_answers import BodyReader
    from vaultenv.references.reader import Reader
    from vaultenv.start.plan import Plan


def report(plan: Plan, reader: Reader | None, body_reader: BodyReader | None = None) -> str:
    """Return a line for each variable with its sources and their versions; raise NotResolved in the same cases as a start."""
    if reader is None:
        return "nothing refers to Vault\n"
    cached = CachingReader(reader)
    child = plan.child_environ(cached, body_reader=body_reader)
    versions = {(question[0], question[1]): secret.version for question, secret in cached.secrets.items()}
    own = child.keys() - plan.brought
    lines = [_line(name, value, name in own, versions) for name, value in plan.values.items()]
    origins: dict[bytes, str] = {}
    for path in plan.paths:
        source = _source(path.path, path.version, versions)
        secret = cached.secrets.get((path.path, path.version))
        names = path.variables(secret) if secret else {}
        origins |= dict.fromkeys(names, f"all of {source}")
    origins |= {name: f"template {source}" for name, source in plan.templated.items()}
    lines += [f"{shown(name)}: {origins[name]}" for name in plan.brought]
    return "\n".join([*lines, f"{len(lines)} variables can be resolved", ""])


def _line(name: bytes, value: bytes, there: bool, versions: dict[tuple[str, str], str]) -> str:
    sources = ", ".join(_sources(parse(value), versions)) or "transit"
    return f"{shown(name)}: {sources}" + ("" if there else ", missing: left out")


def _sources(value: Value | None, versions: dict[tuple[str, str], str]) -> list[str]:
    if value is None:
        return []
    written = [f"write to {term.source.path}" for term in value.terms() if term.source.body is not None]
    return [_source(path, version, versions) for path, version in value.reads()] + written


def _source(path: str, version: str, versions: dict[tuple[str, str], str]) -> str:
    found = versions.get((path, version), "")
    return path + (f" version {found}" if found else "")
