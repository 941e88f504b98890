"""Analysis of templates before a pod exists: errors that would end its start, and the paths that they read."""

import re
from collections.abc import Iterator, Sequence

from vaultenv.template.consul.analysis import KV2_DATA, POD_FACT, Analysis, analyse
from vaultenv.template_sources import LEFT, RIGHT, TemplateSource
from vaultkube.problem import Problem
from vaultkube.remember import anything, remember
from webhook.config.hashicorp.login import Origin, about

_CALL = re.compile(r'\b(?:secrets?|pkiCert) +\\?"')


def _analysed(source: tuple[str, str, str, str]) -> Analysis:
    return analyse(*source)


_remembered = remember(
    _analysed, public=anything, longest=8192, entries=64, length=lambda source: sum(map(len, source))
)
"""The analysis in a cache: all pods of a workload have the same templates."""


def template_problems(sources: Sequence[TemplateSource], *, in_files: bool = False) -> Iterator[Problem]:
    """Yield a problem for each finding, with its line and column in the template; `template-warned` is only a guess.

    In files of an agent, templates see where the pod runs.
    """
    for source in sources:
        for finding in _analysis(source).findings if source.template else ():
            message = f": line {finding.line}, column {finding.column}: {finding.message}"
            path, text = about(Origin("templates", source.name), message)
            if finding.rule == KV2_DATA:
                yield Problem("template-warned", path, text)
            elif not (in_files and finding.rule == POD_FACT):
                yield Problem("template", path, text)
        if _only_prints_calls(source):
            message = (
                ": the template reads no secret, it only prints a text that would: leave out the quotation marks for Helm "
                "({{` and `}}), which only a chart needs"
            )
            yield Problem("template-warned", *about(Origin("templates", source.name), message))


def _only_prints_calls(source: TemplateSource) -> bool:
    """Return whether the template calls nothing of Vault, and prints the text of such a call.

    With other delimiters, the text may be a template for another program.
    """
    text = source.template
    call = _CALL.search(text) if source.left == LEFT else None
    if not call or text.rfind(LEFT, 0, call.start()) <= text.rfind(RIGHT, 0, call.start()):
        return False
    analysis = _analysis(source)
    return not (analysis.mentions or analysis.findings)


def named_paths(source: TemplateSource) -> list[str | None]:
    """Return the paths that the template reads, lists or writes, each once; None for one that it builds at run time."""
    mentions = _analysis(source).mentions if source.template else ()
    return list(dict.fromkeys(mention.path and without_query(mention.path) for mention in mentions))


def without_query(path: str) -> str:
    """Return the path without `?version=2` and without `#` and the text after it, as consul-template reads it."""
    return path.partition("#")[0].partition("?")[0]


def _analysis(source: TemplateSource) -> Analysis:
    return _remembered((source.template, source.name, source.left, source.right))
