"""From a wish to an answer: memory first, then one flight for all who ask the same, and the registry last."""

from dataclasses import dataclass

from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline
from vaultkube.net.tls import PEM
from webhook.registry.addresses import AddressPolicy
from webhook.registry.authorization import Authorizer, Subject, Token
from webhook.registry.breaker import Breaker
from webhook.registry.credentials import Credential
from webhook.registry.dial import Dialler
from webhook.registry.exchange import Exchange
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.flights import Flights
from webhook.registry.memory import AccessKey, Memory, Place
from webhook.registry.observer import CONFIRMED, READ, REMEMBERED, SHARED
from webhook.registry.platforms import Platform
from webhook.registry.pull import Limits, Pull
from webhook.registry.query import ImageConfig
from webhook.registry.reference import ImageReference
from webhook.registry.repository import Repository
from webhook.registry.settings import RegistrySettings
from webhook.registry.transport import Transport

_ALL = "registries"
_QUEUE_S = 0.25
"""Who cannot begin so soon is refused: threads that wait for registries do not answer health checks."""
_FAIR_S = 1.0
"""With less time than this, a failure says nothing of the registry."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An image, with one credential, for a namespace; `fresh`: not what the registry said some time ago."""

    reference: ImageReference
    credential: Credential
    platforms: tuple[Platform, ...]
    verify: bool = True
    fresh: bool = False
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """The place in memory of the token for one repository and credential."""

    memory: Memory
    place: Place

    def load(self) -> Token | None:
        return self.memory.token(self.place)

    def save(self, token: Token | None) -> None:
        if token:
            self.memory.keep_token(self.place, token)
        else:
            self.memory.drop_token(self.place)


class Reader:
    """Reads images of all registries."""

    def __init__(self, settings: RegistrySettings, lookups: int, strict_tls: bool = False) -> None:
        self._policy = AddressPolicy(
            settings.private_hosts, settings.plain_http_hosts, settings.cluster_domain
        )
        self._dialler = Dialler(self._policy, Breaker())
        self._transport = Transport(self._dialler, PEM(settings.ca_file).read(), strict_tls)
        self._exchange = Exchange(self._transport, self._policy)
        self._authorizer = Authorizer(self._exchange, settings.realms)
        self._limits = Limits(settings.manifest_bytes, settings.config_bytes)
        self._memory = Memory(settings.cache_bytes, settings.tag_life_s)
        self._flights: Flights[tuple[AccessKey, bool], tuple[ImageConfig, str]] = Flights()
        self._gate = Gate(settings.concurrency)
        self._large = Gate(1)
        self._lookups = Gate(lookups)
        self._slow = Breaker()

    def url(self, reference: ImageReference) -> str:
        """Return the URL of the manifest, as it is asked for."""
        host = reference.api
        return f"{self._policy.scheme(host)}://{host}/v2/{reference.repository}/manifests/{reference.wanted}"

    def read(self, wish: Wish, deadline: Deadline) -> tuple[ImageConfig, str]:
        """Return what the image runs and how that is known (a word of `observer`); raise RegistryFailure."""
        key = self._key(wish)
        known = self._memory.answer(key, fresh=wish.fresh)
        if known:
            return known, REMEMBERED
        if self._slow.open(key.place):
            raise RegistryFailure(Kind.UNREACHABLE, "the registry has failed several times; it is left alone")
        soon_s = min(_QUEUE_S, deadline.remaining_s())
        busy = RegistryFailure(Kind.BUSY, f"all look-ups, or those for {wish.namespace!r}, are under way")
        with (
            self._lookups.entered(_ALL, wish.namespace, soon_s, busy),
            self._dialler.on_behalf_of(wish.namespace),
        ):
            (config, outcome), shared = self._flights.fetch(
                (key, wish.fresh), lambda: self._ask(wish, key, deadline), deadline
            )
        return config, SHARED if shared else outcome

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def _ask(self, wish: Wish, key: AccessKey, deadline: Deadline) -> tuple[ImageConfig, str]:
        registry = key.place.registry
        full = RegistryFailure(
            Kind.UNREACHABLE, f"{registry}: as many requests as may be are under way, and none has ended"
        )
        with self._gate.entered(registry, wish.namespace, deadline.remaining_s(), full):
            had_time = deadline.remaining_s() >= _FAIR_S
            try:
                config, outcome = self._confirmed_or_read(self._pull(wish, key, deadline), key)
            except RegistryFailure as failure:
                self._memory.keep_failure(key, failure)
                if failure.kind is Kind.UNREACHABLE and had_time:
                    self._slow.failed(key.place)
                raise
        self._slow.succeeded(key.place)
        self._memory.keep_answer(key, config)
        return config, outcome

    def _confirmed_or_read(self, pull: Pull, key: AccessKey) -> tuple[ImageConfig, str]:
        last = self._memory.last_digest(key)
        if last and self._memory.content(key, last):
            digest = pull.current_digest(key.wanted)
            known = self._memory.content(key, digest) if digest else None
            if known:
                return known, CONFIRMED
        return pull.read(key.wanted, key.platforms), READ

    def _pull(self, wish: Wish, key: AccessKey, deadline: Deadline) -> Pull:
        reference = wish.reference
        scheme = self._policy.scheme(reference.api)
        subject = Subject(reference.api, scheme, reference.repository, wish.credential, wish.verify)
        kept = _Kept(self._memory, key.place)
        repository = Repository(self._exchange, self._authorizer, subject, kept, deadline)
        full = RegistryFailure(
            Kind.UNREACHABLE, "another large document is being read; they are read one at a time"
        )
        return Pull(
            repository, self._limits, lambda: self._large.entered(_ALL, "", deadline.remaining_s(), full)
        )

    def _key(self, wish: Wish) -> AccessKey:
        fingerprint = self._memory.fingerprint(wish.credential)
        place = Place(str(wish.reference.api), wish.reference.repository, fingerprint, wish.verify)
        return AccessKey(place, wish.reference.wanted, wish.platforms)
