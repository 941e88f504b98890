"""The sources of variables in exec mode: paths and templates by NAME, sorted by it."""

from collections.abc import Iterator

from vaultenv.template_sources import ERROR, LEFT, RIGHT, TemplateSource
from vaultkube.problem import Problem
from webhook.config.hashicorp.login import Origin, about
from webhook.config.hashicorp.table import AgentConfig

LONGEST_BYTES = 120 * 1024
"""The most bytes of all sources.

Linux starts no program with a variable of more than 128 KiB, name included; the rest is for `$`, which is doubled.
"""


def read_sources(agent: AgentConfig) -> tuple[TemplateSource, ...]:
    """Return the sources; a path of only slashes and blanks counts as none."""
    names = sorted(agent.secrets.keys() | agent.templates.keys())
    sources = (read_source(agent, name) for name in names)
    return tuple(source for source in sources if source.path or source.template)


def source_problems(agent: AgentConfig, text: str) -> Iterator[Problem]:
    """Yield the problems of the sources and of annotations without one; `text` is all sources for the launcher."""
    names = agent.secrets.keys() | agent.templates.keys()
    if not text:
        message = ": there is nothing to bring: add agent-inject-secret-NAME or agent-inject-template-NAME"
        yield Problem("exec-mode", *about(Origin("inject"), message))
    elif len(text) > LONGEST_BYTES:
        message = (
            f": paths and templates come to {len(text)} bytes, and a program cannot be started with more than "
            f"{LONGEST_BYTES}: shorten them"
        )
        yield Problem("exec-mode", *about(Origin("inject"), message))
    for field in ("left", "right", "error_on_missing_key"):
        for name in sorted(getattr(agent, field).keys() - names):
            message = (
                f" has no effect: there is no agent-inject-secret-{name} and no agent-inject-template-{name}"
            )
            yield Problem("annotation-ignored", *about(Origin(field, name), message))


def read_source(agent: AgentConfig, name: str) -> TemplateSource:
    """Return the source of one NAME."""
    template = agent.templates.get(name, "")
    return TemplateSource(
        name,
        path=agent.secrets.get(name, "").strip().strip("/"),
        template=template,
        default="" if template or name in agent.template_files else agent.default_template,
        left=agent.left.get(name, LEFT),
        right=agent.right.get(name, RIGHT),
        missing_key=ERROR if agent.error_on_missing_key.get(name) else "",
    )
