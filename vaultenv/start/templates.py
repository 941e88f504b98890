"""The variables from VAULT_ENV_TEMPLATES: all keys of a path, or the KEY=VALUE lines of a template's output.

All sources are rendered side by side, so that their requests to Vault are sent together.
"""

from __future__ import annotations

from vaultenv.basics.text import bounded
from vaultenv.client.answering import Answering
from vaultenv.errors import InvalidSetting, NotResolved, SecretUnusable, VaultEnvError
from vaultenv.references.brought import output_variables, secret_variables
from vaultenv.references.secret import text_of
from vaultenv.template.consul.needs import read
from vaultenv.template.errors import TemplateError, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from vaultenv.client.answering import Found
    from vaultenv.client.answers import Body
    from vaultenv.references.cached_answers import BodyReader
    from vaultenv.template.consul.needs import Need
    from vaultenv.template_sources import TemplateSource

    Rounds = Generator[tuple[Need, ...], Mapping[Need, Body], dict[bytes, bytes]]

_LONGEST_NAME = 120


class Templates:
    """Parses and renders the sources of one start; only `bring` reads Vault.

    The template language is loaded only for templates: a source with only a path does not need it.
    """

    __slots__ = ("_runs",)

    def __init__(
        self, sources: Sequence[TemplateSource], *, now_s: float, check: Callable[[], object]
    ) -> None:
        """`now_s` is the time in seconds since 1970; `check` is called repeatedly, and may raise."""
        self._runs = [_Run(source, now_s, check) for source in sources]

    def bring(self, vault: BodyReader) -> list[tuple[str, dict[bytes, bytes]]]:
        """Return the name and the variables of each source, in their order.

        No more is read after a source has failed. Raises NotResolved with every problem found so far.
        """
        answering = Answering(vault)
        while waiting := [run for run in self._runs if run.needs]:
            found = answering.found(need for run in waiting for need in run.needs)
            for run in waiting:
                run.go_on(found)
            self.raise_problems()
        return [(run.name, run.variables) for run in self._runs]

    def raise_problems(self) -> None:
        """Raise NotResolved with every problem found so far, first those of templates that cannot be parsed."""
        problems = [(f"template {run.name}", "", error) for run in self._runs for error in run.problems]
        if problems:
            raise NotResolved(problems)


class _Run:
    """A source in progress: it waits for `needs`, or has ended with `variables` or `problems`."""

    __slots__ = ("_rounds", "name", "needs", "problems", "variables")

    def __init__(self, source: TemplateSource, now_s: float, check: Callable[[], object]) -> None:
        self.name = bounded(source.name, _LONGEST_NAME)
        self.needs: tuple[Need, ...] = ()
        self.problems: list[VaultEnvError] = []
        self.variables: dict[bytes, bytes] = {}
        self._rounds = _of_template(source, now_s, check) if source.template else _of_path(source)
        self._advance(lambda: next(self._rounds), InvalidSetting)

    def go_on(self, found: Found) -> None:
        """Continue with the answers to `needs`."""
        bodies: dict[Need, Body] = {}
        for need in self.needs:
            answer = found[need]
            if isinstance(answer, VaultEnvError):
                self.problems.append(answer)
            else:
                bodies[need] = answer
        if not self.problems:
            self._advance(lambda: self._rounds.send(bodies), SecretUnusable)

    def _advance(self, step: Callable[[], tuple[Need, ...]], kind: Callable[[str], VaultEnvError]) -> None:
        self.needs = ()
        try:
            self.needs = step()
        except StopIteration as end:
            self.variables = end.value
        except VaultEnvError as error:
            self.problems.append(error)
        except TemplateError as error:
            self.problems.append(kind(placed(error)))


def _of_template(source: TemplateSource, now_s: float, check: Callable[[], object]) -> Rounds:
    from vaultenv.template.consul.answers import value_of
    from vaultenv.template.consul.template import UNITS, parse
    from vaultenv.template.expressions import ERROR, ZERO
    from vaultenv.template.values import raw
    from vaultenv.template.work import Work

    template = parse(source.template, source.name, source.left, source.right)
    missing_key = ERROR if source.missing_key else ZERO
    rounds = template.rounds(missing_key=missing_key, work=Work(UNITS, check=check), now_s=now_s)
    try:
        needs = next(rounds)
        while True:
            bodies = yield needs
            needs = rounds.send({need: value_of(need, bodies[need]) for need in needs})
    except StopIteration as end:
        found = output_variables(end.value.pieces)
        return {variable.name.encode(): raw(variable.value) for variable in found}


def _of_path(source: TemplateSource) -> Rounds:
    need = read(source.path)
    bodies = yield (need,)
    found = secret_variables(source.path, bodies[need])
    return {key.encode(): text_of(value) for key, value in found.items()}
