"""The answers of Vault to the files of one agent, each answer with its place in the schedule.

A question that fails stands for itself: it is asked again after a pause, and an earlier answer is kept until then.
"""

from __future__ import annotations

from vaultenv.client.answering import Answering
from vaultenv.errors import PermissionRefused, RequestRefused, TokenRefused, VaultEnvError
from vaultenv.renewal.schedule import (
    NEVER,
    RETRIES,
    Held,
    Pace,
    Terms,
    ended,
    failed,
    granted,
    stale,
    terms_of,
    until,
)
from vaultenv.renewal.token import renewal
from vaultenv.template.consul.needs import Certificate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from vaultenv.client.answers import Body
    from vaultenv.client.api import Vault
    from vaultenv.renewal.schedule import Clock
    from vaultenv.template.consul.needs import Need

_MEANING = ("data", "auth", "wrap_info")


class Kept:
    """One answer, or the error of a question that has none yet. `failed_at` is when the present failures began."""

    __slots__ = ("body", "error", "failed_at", "failures", "held", "pace")

    def __init__(self, pace: Pace, now: float) -> None:
        self.pace = pace
        self.held = Held(Terms(), now)
        self.body: Body | None = None
        self.error: VaultEnvError | None = None
        self.failures = 0
        self.failed_at = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether there is no answer after all repetitions of the question."""
        return self.body is None and self.failures > RETRIES


class Secrets:
    """The answers by their needs. `changed` gathers the needs with another answer than before, until it is taken."""

    def __init__(self, vault: Vault, threshold: float, clock: Clock) -> None:
        self._vault = vault
        self._answering = Answering(vault)
        self._threshold = threshold
        self._clock = clock
        self._kept: dict[Need, Kept] = {}
        self._changed: set[Need] = set()

    def want(self, need: Need, interval_s: float) -> Kept:
        """Return what is kept of a need; a new one is asked for by the next `ask_new`. The shortest interval rules."""
        kept = self._kept.get(need)
        if kept is None:
            kept = self._kept[need] = Kept(Pace(interval_s, self._threshold), self._clock.monotonic())
        elif interval_s < kept.pace.interval_s:
            kept.pace = Pace(interval_s, self._threshold)
        return kept

    def hold(self, need: Need, body: Body, kept: Kept) -> None:
        """Keep an answer that was there before this process, a certificate that is still valid."""
        self._take(need, kept, body, 0.5)

    def adopt(self, need: Need, body: Body, held: Held, interval_s: float) -> None:
        """Take over an answer of an agent before this one, with its place in the schedule."""
        kept = self.want(need, interval_s)
        kept.body, kept.held = body, held

    @property
    def leased(self) -> list[tuple[Need, Body, Held]]:
        """The answers that have a lease."""
        return [
            (need, kept.body, kept.held)
            for need, kept in self._kept.items()
            if kept.body is not None and kept.held.terms.lease_id
        ]

    def due_at(self) -> float:
        """Return the monotonic time of the next action."""
        return min([kept.held.due_at for kept in self._kept.values()], default=NEVER)

    def act(self) -> None:
        """Renew the leases that are due, and ask again for all else that is due; nothing is raised."""
        now = self._clock.monotonic()
        due = [(need, kept) for need, kept in self._kept.items() if kept.held.due_at <= now]
        self._ask({need: kept for need, kept in due if not self._is_renewed(kept, now)})

    def ask_new(self) -> None:
        """Ask for what was never asked for; nothing is raised."""
        self._ask({need: kept for need, kept in self._kept.items() if kept.body is None and not kept.error})

    def _ask(self, questions: dict[Need, Kept]) -> None:
        if not questions:
            return
        now, chance = self._clock.monotonic(), self._clock.chance()
        for need, answer in self._answers(questions).items():
            kept = questions[need]
            if isinstance(answer, VaultEnvError):
                self._fail(kept, answer, now)
            else:
                self._take(need, kept, answer, chance)

    def taken_changes(self) -> set[Need]:
        """Return the needs whose answers have changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def keep_only(self, needs: Collection[Need]) -> None:
        """Forget the answers to all other needs."""
        for need in [need for need in self._kept if need not in needs]:
            del self._kept[need]

    def lose_leases(self) -> None:
        """Ask again for all that was leased with a token that has ended, or refused because of it."""
        now = self._clock.monotonic()
        for kept in self._kept.values():
            if kept.held.terms.lease_id or isinstance(kept.error, TokenRefused):
                kept.held = ended(kept.held, now)

    def hurry(self) -> None:
        """Ask again at once for what has failed, and for what is read by an interval."""
        now = self._clock.monotonic()
        for kept in self._kept.values():
            if kept.error or kept.held.ends_at == NEVER:
                kept.held = ended(kept.held, now)

    @property
    def failures(self) -> list[tuple[Need, Kept]]:
        """The needs whose last question or renewal has failed."""
        return [(need, kept) for need, kept in self._kept.items() if kept.error]

    @property
    def token_refused(self) -> bool:
        """Whether a question failed because Vault does not know the token."""
        return any(isinstance(kept.error, TokenRefused) for kept in self._kept.values())

    def stale_since(self, kept: Kept) -> float:
        """Return when the answer's own end came or its failures began, in monotonic time."""
        ends_at = kept.held.ends_at
        return ends_at if stale(kept.held, self._clock.monotonic()) else kept.failed_at

    def _is_renewed(self, kept: Kept, now: float) -> bool:
        """Renew the lease; return False if there must be another answer instead."""
        if kept.body is None or not kept.held.renewable:
            return False
        try:
            kept.held = renewal(self._vault, kept.held, now)
        except (RequestRefused, PermissionRefused):
            kept.held = ended(kept.held, now)
        except VaultEnvError as error:
            self._fail(kept, error, now)
        else:
            kept.error, kept.failures = None, 0
        return kept.held.due_at > now

    def _answers(self, needs: Iterable[Need]) -> dict[Need, Body | VaultEnvError]:
        asked = list(needs)
        answers: dict[Need, Body | VaultEnvError]
        try:
            found = self._answering.found(asked)
            answers = {need: found[need] for need in asked}
        except VaultEnvError as error:
            answers = dict.fromkeys(asked, error)
        self._answering.forget(asked)
        if any(isinstance(answer, VaultEnvError) for answer in answers.values()):
            self._answering = Answering(self._vault)  # a mount that could not be looked up is looked up again
        return answers

    def _take(self, need: Need, kept: Kept, body: Body, chance: float) -> None:
        now, date_s = self._clock.monotonic(), self._clock.date()
        if kept.body is None or _meaning(kept.body) != _meaning(body):
            self._changed.add(need)
        kept.held = granted(terms_of(body, date_s), kept.pace, now, chance)
        if isinstance(need, Certificate):
            kept.held = _held_while_valid(kept, body, now, date_s)
        kept.body, kept.error, kept.failures = body, None, 0

    def _fail(self, kept: Kept, error: VaultEnvError, now: float) -> None:
        kept.failed_at = kept.failed_at if kept.failures else now
        kept.failures += 1
        kept.error = error
        kept.held = failed(kept.held, kept.failures, self._clock.monotonic())


def _held_while_valid(kept: Kept, body: Body, now: float, date_s: float) -> Held:
    """Return the place in the schedule of a certificate: within its dates, if it can be read."""
    from vaultenv.agent.certificates import parse_certificate

    issued = parse_certificate(_text(body, "certificate"))
    if issued is None:
        return kept.held
    not_before, not_after = now + (issued.not_before_s - date_s), now + (issued.not_after_s - date_s)
    return until(kept.held, not_before, not_after, now, kept.pace.threshold)


def _meaning(body: Body) -> list[object]:
    return [body.get(field) for field in _MEANING]


def _text(body: Body, field: str) -> str:
    data = body.get("data")
    value = data.get(field) if isinstance(data, dict) else ""
    return value if isinstance(value, str) else ""
