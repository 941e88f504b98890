"""The answers of Vault to the files of one agent, each answer with its place in the schedule.

A failed read concerns only its own answer: it is repeated after a pause, and the earlier answer is used until then.
"""

from __future__ import annotations

from vaultenv.client.answering import Answering
from vaultenv.client.answers import data_of
from vaultenv.errors import PermissionRefused, RequestRefused, TokenRefused, VaultEnvError
from vaultenv.renewal.schedule import (
    EXPIRING,
    LEASED,
    NEVER,
    RETRIES,
    Held,
    Pace,
    Terms,
    ended,
    failed,
    granted,
    is_rotated,
    stale,
    terms_of,
    until,
)
from vaultenv.renewal.token import renewal
from vaultenv.template.consul.needs import Certificate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from vaultenv.client.answers import Body
    from vaultenv.client.api import Vault
    from vaultenv.renewal.schedule import Clock
    from vaultenv.template.consul.needs import Need

_MEANING = ("data", "auth", "wrap_info")


class Entry:
    """One answer, or the error of its read. `failed_at` is the time of the first of the present failures."""

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
        """Whether there is no answer after all repetitions of the read."""
        return self.body is None and self.failures > RETRIES


class Secrets:
    """Holds the answers by their needs, and the needs whose answers have changed since the last `pop_changes`."""

    def __init__(self, vault: Vault, threshold: float, clock: Clock) -> None:
        self._vault = vault
        self._answering = Answering(vault)
        self._threshold = threshold
        self._clock = clock
        self._entries: dict[Need, Entry] = {}
        self._changed: set[Need] = set()

    def want(self, need: Need, interval_s: float) -> Entry:
        """Return the entry of a need; `read_new` reads it if it is new. The shortest interval applies."""
        entry = self._entries.get(need)
        if entry is None:
            entry = self._entries[need] = Entry(Pace(interval_s, self._threshold), self._clock.monotonic())
        elif interval_s < entry.pace.interval_s:
            entry.pace = Pace(interval_s, self._threshold)
        return entry

    def hold(self, need: Need, body: Body, entry: Entry) -> None:
        """Store the answer of an earlier process: a certificate that is still valid."""
        self._take(need, entry, body, 0.5)

    def adopt(self, need: Need, body: Body, held: Held, interval_s: float) -> None:
        """Store an answer of the previous agent, with its place in the schedule."""
        entry = self.want(need, interval_s)
        entry.body, entry.held = body, held

    @property
    def issued(self) -> list[tuple[Need, Body, Held]]:
        """The answers whose next read has Vault issue something else: leases, certificates, secret IDs."""
        return [
            (need, entry.body, entry.held)
            for need, entry in self._entries.items()
            if entry.body is not None and entry.held.terms.kind in (LEASED, EXPIRING)
        ]

    def due_at(self) -> float:
        """Return the monotonic time of the next action."""
        return min([entry.held.due_at for entry in self._entries.values()], default=NEVER)

    def act(self) -> None:
        """Renew the due leases, and read all other due answers; errors are stored in the entries."""
        now = self._clock.monotonic()
        due = [(need, entry) for need, entry in self._entries.items() if entry.held.due_at <= now]
        self._read({need: entry for need, entry in due if not self._is_renewed(entry, now)})

    def read_new(self) -> None:
        """Read the needs that have neither an answer nor an error; errors are stored in the entries."""
        self._read(
            {need: entry for need, entry in self._entries.items() if entry.body is None and not entry.error}
        )

    def _read(self, questions: dict[Need, Entry]) -> None:
        if not questions:
            return
        now, chance = self._clock.monotonic(), self._clock.chance()
        for need, answer in self._answers(questions).items():
            entry = questions[need]
            if isinstance(answer, VaultEnvError):
                self._fail(entry, answer, now)
            else:
                self._take(need, entry, answer, chance)

    def pop_changes(self) -> set[Need]:
        """Return the needs whose answers have changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def keep_only(self, needs: Collection[Need]) -> None:
        """Forget the answers to all other needs."""
        for need in [need for need in self._entries if need not in needs]:
            del self._entries[need]

    def read_after_login(self) -> None:
        """Schedule another read of answers whose lease ended with the old token, which Vault refused to it, or which Vault
        could not give in an outage: a login shows that the outage has ended.
        """
        now = self._clock.monotonic()
        for entry in self._entries.values():
            error = entry.error
            if entry.held.terms.lease_id or (error and (error.is_outage or isinstance(error, TokenRefused))):
                entry.held = ended(entry.held, now)

    def hurry(self) -> None:
        """Schedule an immediate read of failed answers, and of answers that are read at intervals."""
        now = self._clock.monotonic()
        for entry in self._entries.values():
            if entry.error or entry.held.ends_at == NEVER:
                entry.held = ended(entry.held, now)

    @property
    def failures(self) -> list[tuple[Need, Entry]]:
        """The needs whose last read or renewal has failed, with their entries."""
        return [(need, entry) for need, entry in self._entries.items() if entry.error]

    @property
    def token_refused(self) -> bool:
        """Whether a read failed because Vault does not know the token."""
        return any(isinstance(entry.error, TokenRefused) for entry in self._entries.values())

    def stale_since(self, entry: Entry) -> float:
        """Return the monotonic time at which the answer ended, or else its failures began."""
        ends_at = entry.held.ends_at
        return ends_at if stale(entry.held, self._clock.monotonic()) else entry.failed_at

    def _is_renewed(self, entry: Entry, now: float) -> bool:
        """Renew the lease; return False if the answer must be read again instead."""
        if entry.body is None or not entry.held.renewable:
            return False
        try:
            entry.held = renewal(self._vault, entry.held, now)
        except (RequestRefused, PermissionRefused):
            entry.held = ended(entry.held, now)
        except VaultEnvError as error:
            self._fail(entry, error, now)
        else:
            entry.error, entry.failures = None, 0
        return entry.held.due_at > now

    def _answers(self, needs: Collection[Need]) -> dict[Need, Body | VaultEnvError]:
        answers: dict[Need, Body | VaultEnvError]
        try:
            found = self._answering.found(needs)
            answers = {need: found[need] for need in needs}
        except VaultEnvError as error:
            answers = dict.fromkeys(needs, error)
        self._answering.forget(needs)
        if any(isinstance(answer, VaultEnvError) for answer in answers.values()):
            self._answering = Answering(self._vault)  # so that failed look-ups of mounts are repeated
        return answers

    def _take(self, need: Need, entry: Entry, body: Body, chance: float) -> None:
        now, date_s = self._clock.monotonic(), self._clock.date()
        if entry.body is None or _meaning(entry.body) != _meaning(body):
            self._changed.add(need)
        entry.held = granted(terms_of(body, date_s), entry.pace, now, chance)
        if isinstance(need, Certificate):
            entry.held = _held_while_valid(entry, body, now, date_s)
        entry.body, entry.error, entry.failures = body, None, 0

    def _fail(self, entry: Entry, error: VaultEnvError, now: float) -> None:
        entry.failed_at = entry.failed_at if entry.failures else now
        entry.failures += 1
        entry.error = error
        entry.held = failed(entry.held, entry.failures, self._clock.monotonic())


def _held_while_valid(entry: Entry, body: Body, now: float, date_s: float) -> Held:
    """Return the schedule of a certificate: by its dates, if it can be parsed."""
    from vaultenv.agent.certificates import parse_certificate

    issued = parse_certificate(_text(body, "certificate"))
    if issued is None:
        return entry.held
    not_before, not_after = now + (issued.not_before_s - date_s), now + (issued.not_after_s - date_s)
    return until(entry.held, not_before, not_after, now, entry.pace.threshold)


def _meaning(body: Body) -> list[object]:
    """Return the parts of an answer that make it another one; the seconds until Vault rotates credentials are none."""
    data = data_of(body)
    if is_rotated(data):
        body = {**body, "data": {name: value for name, value in data.items() if name != "ttl"}}
    return [body.get(field) for field in _MEANING]


def _text(body: Body, field: str) -> str:
    value = data_of(body).get(field)
    return value if isinstance(value, str) else ""
