"""Templates of pods rendered without a cluster or Vault: the text of a file, or the variables of exec mode.

Values are masked unless they are to be revealed; the template's own text, and names of keys, are shown.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from vaultenv.errors import VaultEnvError
from vaultenv.references.brought import output_variables, secret_variables
from vaultenv.references.secret import text_of
from vaultenv.template.consul.analysis import KV2_DATA, POD_FACT, analyse
from vaultenv.template.consul.answers import value_of
from vaultenv.template.consul.functions import POD_FACTS
from vaultenv.template.consul.marked import Marked
from vaultenv.template.consul.needs import Need
from vaultenv.template.consul.needs import read as read_need
from vaultenv.template.consul.template import parse
from vaultenv.template.errors import NamedTemplateError, TemplateError
from vaultenv.template.expressions import ERROR, ZERO
from vaultenv.template.pieces import Piece, Written
from vaultenv.template_sources import TemplateSource, default_template
from vaultkube.errors import InvalidManifest
from webhook.offline.secret_files import SecretFiles

MASK = "***"
_FACTS = {name: Written(name) for name in POD_FACTS}
_VALUE = re.compile("\0+")


@dataclass(frozen=True)
class Wanted:
    """A source to render; `title` is for messages, `as_variables` is whether the result is variables, not a file."""

    title: str
    source: TemplateSource
    as_variables: bool


class Outcome(NamedTuple):
    """The result of a source; `text` is None if there are problems, or needs without a file.

    Values in the text are masked, unless they are revealed.
    """

    text: str | None = None
    problems: tuple[str, ...] = ()
    missing: tuple[Need, ...] = ()


def render(wanted: Wanted, secrets: SecretFiles, *, now_s: float, reveal: bool = False) -> Outcome:
    """Return the result of the source; `now_s` is the time for `timestamp`, in seconds since 1970."""
    source = wanted.source
    try:
        if wanted.as_variables and not source.template:
            return _keys(source, secrets, reveal)
        if not source.template:
            source = TemplateSource(
                source.name, template=default_template(source), missing_key=source.missing_key
            )
        if problems := tuple(_problems(source, in_file=not wanted.as_variables)):
            return Outcome(problems=problems)
        pieces, missing = _rendered(source, secrets, now_s, own_keys=not wanted.as_variables)
        if missing:
            return Outcome(missing=tuple(missing))
        if not wanted.as_variables:
            return Outcome(_shown(Marked.of(pieces), reveal))
        lines = [
            _line(found.name, _shown(found.marked, reveal), reveal) for found in output_variables(pieces)
        ]
        return Outcome("".join(lines))
    except NamedTemplateError as error:
        return Outcome(problems=(f"line {error.line}, column {error.column}: {error.message}",))
    except (InvalidManifest, TemplateError, VaultEnvError) as error:
        return Outcome(problems=(str(error),))


def _problems(source: TemplateSource, *, in_file: bool) -> Iterator[str]:
    """Yield the problems that end every rendering.

    A KV v2 read by a wrong field is none: its empty result is to be shown.
    """
    harmless = (KV2_DATA, POD_FACT) if in_file else (KV2_DATA,)
    for finding in analyse(source.template, source.name, source.left, source.right).findings:
        if finding.rule not in harmless:
            yield f"line {finding.line}, column {finding.column}: {finding.message}"


def _keys(source: TemplateSource, secrets: SecretFiles, reveal: bool) -> Outcome:
    need = read_need(source.path)
    answer = secrets.answer(need)
    if answer is None:
        return Outcome(missing=(need,))
    found = secret_variables(source.path, answer)
    texts = {name: text_of(value).decode("utf-8", "surrogateescape") for name, value in found.items()}
    return Outcome("".join(_line(name, text if reveal else MASK, reveal) for name, text in texts.items()))


def _rendered(
    source: TemplateSource, secrets: SecretFiles, now_s: float, *, own_keys: bool
) -> tuple[Sequence[Piece], list[Need]]:
    """Return the output, or all needs without a file; needs that depend on their answers are not known yet.

    In the place of what only a node knows, there is its name.
    """
    template = parse(source.template, source.name, source.left, source.right, _FACTS)
    rounds = template.rounds(missing_key=ERROR if source.missing_key else ZERO, now_s=now_s)
    missing: list[Need] = []
    try:
        needs = next(rounds)
        while fresh := [need for need in needs if need not in missing]:
            answers = {need: secrets.answer(need) for need in fresh}
            missing += [need for need, body in answers.items() if body is None]
            needs = rounds.send(
                {
                    need: value_of(need, _with_own_keys(body) if own_keys else body)
                    for need, body in answers.items()
                    if body is not None
                }
            )
    except StopIteration as end:
        return end.value.pieces, missing
    return (), missing


def _with_own_keys(value: Any) -> Any:
    """Return a JSON value whose keys count as the template's own text, as names of keys in a file are no secrets."""
    if isinstance(value, dict):
        return {Written(key): _with_own_keys(item) for key, item in value.items()}
    return [_with_own_keys(item) for item in value] if isinstance(value, list) else value


def _shown(marked: Marked, reveal: bool) -> str:
    return marked.text if reveal else _VALUE.sub(MASK, marked.own)


def _line(name: str, value: str, reveal: bool) -> str:
    """Return the line KEY=VALUE; a revealed value of several lines is quoted for a shell."""
    return f"{name}={shlex.quote(value) if reveal and not value.isprintable() else value}\n"
