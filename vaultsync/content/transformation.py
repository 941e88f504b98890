"""Transformations: templates and key filters of a destination and its SecretTransformations, merged and applied to a source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vaultenv.basics.text import bounded
from vaultenv.template.errors import TemplateError, line_and_column, without_value
from vaultenv.template.evaluate import Evaluation
from vaultenv.template.expressions import NIL_IN_TESTS
from vaultenv.template.parser import ROOT
from vaultenv.template.pieces import joined
from vaultenv.template.regex.program import Program, charging
from vaultenv.template.sprig.dicts import copied
from vaultenv.template.values import raw
from vaultenv.template.work import Work
from vaultkube.sync_resources.destination import (
    Template,
    Transformation,
    TransformationRef,
    TransformationSpec,
)
from vaultkube.sync_resources.functions import FUNCTIONS
from vaultkube.sync_resources.patterns import parse_source
from vaultkube.sync_resources.references import Reference
from vaultsync.content.source import Source
from vaultsync.errors import TransformationFailed

_UNITS_PER_CHARACTER = 4
_SHOWN = 60


@dataclass(frozen=True)
class Merged:
    """A merged transformation: templates by the key that each renders, templates to insert by name, and key filters."""

    templates: Mapping[str, str] = field(default_factory=dict)
    inserted: Mapping[str, str] = field(default_factory=dict)
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    exclude_raw: bool = False


def merged(
    own: Transformation | None, namespace: str, known: Mapping[Reference, TransformationSpec]
) -> Merged:
    """Return all transformations merged; raise TransformationFailed for a missing SecretTransformation or template.

    If several templates render one key, the destination's own wins, then that of the last SecretTransformation.
    """
    own = own or Transformation()
    templates: dict[str, str] = {}
    inserted: dict[str, str] = {}
    includes: list[str] = []
    excludes: list[str] = []
    for reference in own.refs:
        full_name = Reference(reference.namespace or namespace, reference.name)
        if full_name not in known:
            raise TransformationFailed(
                f"SecretTransformation {full_name} does not exist, or cannot be used: see its conditions"
            )
        spec = known[full_name]
        templates |= dict(_chosen(reference, spec, full_name))
        inserted |= {
            each.name or f"{full_name} {number}": each.text for number, each in enumerate(spec.sources)
        }
        inserted |= _named(spec.templates)
        includes += () if reference.ignore_includes else spec.includes
        excludes += () if reference.ignore_excludes else spec.excludes
    return Merged(
        templates | {key: each.text for key, each in own.templates.items()},
        inserted | _named(own.templates),
        (*includes, *own.includes),
        (*excludes, *own.excludes),
        own.exclude_raw,
    )


def _named(templates: Mapping[str, Template]) -> dict[str, str]:
    return {each.name or key: each.text for key, each in templates.items()}


def _chosen(
    reference: TransformationRef, spec: TransformationSpec, full_name: Reference
) -> Iterator[tuple[str, str]]:
    if not reference.templates:
        yield from ((key, each.text) for key, each in spec.templates.items())
    for chosen in reference.templates:
        if chosen.name not in spec.templates:
            raise TransformationFailed(
                f"SecretTransformation {full_name} has no template {bounded(chosen.name, _SHOWN)!r}: correct templateRefs"
            )
        yield chosen.key or chosen.name, spec.templates[chosen.name].text


def selected_fields(transformation: Merged, names: Sequence[str], work: Work) -> tuple[str, ...]:
    """Return the source's keys that match no exclude and, if there are includes, at least one include."""
    charge = charging(work)
    try:
        excludes, includes = (
            [Program(pattern, charge) for pattern in patterns]
            for patterns in (transformation.excludes, transformation.includes)
        )
        return tuple(
            name
            for name in names
            if not _matches(excludes, name) and (not includes or _matches(includes, name))
        )
    except TemplateError as error:
        raise TransformationFailed(f"includes and excludes: {error.message}") from None


def _matches(programs: Sequence[Program], name: str) -> bool:
    return any(program.search(name, 0) is not None for program in programs)


def rendered(
    transformation: Merged,
    source: Source,
    annotations: Mapping[str, str],
    labels: Mapping[str, str],
    work: Work,
) -> dict[str, bytes]:
    """Return the output of each template by its key; raise TransformationFailed, without a value in the message.

    A missing key is an error where its value would be used: programs would read `<no value>` in a Secret as the value.
    """
    dot = {
        "Secrets": dict(source.fields),
        "Metadata": dict(source.metadata),
        "Annotations": dict(annotations),
        "Labels": dict(labels),
    }
    parts = _parts(transformation.inserted, work)
    return {key: _guarded(key, text, parts, dot, work) for key, text in transformation.templates.items()}


def _parts(sources: Mapping[str, str], work: Work) -> dict[str, Any]:
    try:
        return _trees(sources, work)
    except TemplateError as error:
        raise TransformationFailed(f"templates that are inserted: {error.message}") from None


def _trees(sources: Mapping[str, str], work: Work) -> dict[str, Any]:
    trees: dict[str, Any] = {}
    for name, text in sources.items():
        work.charge(_UNITS_PER_CHARACTER * len(text))
        parsed = parse_source(text)
        trees |= {inner: nodes for inner, nodes in parsed.items() if inner != ROOT}
        trees[name] = parsed[ROOT]
    return trees


def _text(text: str, parts: Mapping[str, Any], dot: Mapping[str, Any], work: Work) -> bytes:
    work.charge(_UNITS_PER_CHARACTER * len(text))
    work.charge_value(dot)
    pieces = Evaluation({**parts, **parse_source(text)}, FUNCTIONS, work, NIL_IN_TESTS).output(
        ROOT, copied(dot)
    )
    return raw(joined(pieces))


def _guarded(key: str, text: str, parts: Mapping[str, Any], dot: Mapping[str, Any], work: Work) -> bytes:
    try:
        return _text(text, parts, dot, work)
    except TemplateError as error:
        # The position of an error in an inserted template is one in that template's text.
        line, column = line_and_column(text, error.at)
        place = "" if "template" in text else f", line {line}, column {column}"
        raise TransformationFailed(
            f"template {bounded(key, _SHOWN)!r}{place}: {without_value(error, text).message}; the Secret stays as it is"
        ) from None
