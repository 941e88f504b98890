"""The reader of image configs: it looks into the cache first, then sends one request for all equal queries."""

from dataclasses import dataclass

from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline
from vaultkube.net.dial import on_behalf_of
from vaultkube.net.tls import PEM
from webhook.registry.addresses import AddressPolicy
from webhook.registry.authorization import Access, Authorizer, Token
from webhook.registry.breaker import Breaker
from webhook.registry.credentials import Credential
from webhook.registry.dial import Dialler
from webhook.registry.exchange import Exchange
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.image_reader import ImageReader, Limits
from webhook.registry.memory import AccessKey, CacheScope, Memory
from webhook.registry.observer import CONFIRMED, READ, REMEMBERED, SHARED
from webhook.registry.platforms import Platform
from webhook.registry.query import ImageConfig
from webhook.registry.reference import ImageReference
from webhook.registry.repository import Repository
from webhook.registry.settings import RegistrySettings
from webhook.registry.single_flight import SingleFlight
from webhook.registry.transport import Transport

_ALL = "registries"
_QUEUE_S = 0.25
"""The longest wait of a request before it begins; else it is refused, as waiting threads answer no health checks."""
_FAIR_S = 1.0
"""With less time than this, a failure does not count against the registry."""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """An image to read with one credential for a namespace; `fresh` excludes an older cached answer."""

    reference: ImageReference
    credential: Credential
    platforms: tuple[Platform, ...]
    verify: bool = True
    fresh: bool = False
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class _CachedToken:
    """Stores the token of one repository and credential in the cache."""

    memory: Memory
    scope: CacheScope

    def load(self) -> Token | None:
        return self.memory.token(self.scope)

    def save(self, token: Token | None) -> None:
        if token:
            self.memory.store_token(self.scope, token)
        else:
            self.memory.drop_token(self.scope)


class Reader:
    """Reads images of all registries."""

    def __init__(self, settings: RegistrySettings, lookups: int, strict_tls: bool) -> None:
        self._policy = AddressPolicy(
            settings.private_hosts, settings.plain_http_hosts, settings.cluster_domain
        )
        self._dialler = Dialler(self._policy, Breaker())
        self._transport = Transport(self._dialler, PEM(settings.ca_file).read(), strict_tls)
        self._exchange = Exchange(self._transport, self._policy)
        self._authorizer = Authorizer(self._exchange, settings.realms)
        self._limits = Limits(settings.manifest_bytes, settings.config_bytes)
        self._memory = Memory(settings.cache_bytes, settings.tag_life_s)
        self._flights: SingleFlight[tuple[AccessKey, bool], tuple[ImageConfig, str]] = SingleFlight()
        self._gate = Gate(settings.concurrency)
        self._large = Gate(1)
        self._lookups = Gate(lookups)
        self._slow = Breaker()

    def url(self, reference: ImageReference) -> str:
        """Return the URL of the manifest."""
        host = reference.api
        return f"{self._policy.scheme(host)}://{host}/v2/{reference.repository}/manifests/{reference.tag_or_digest}"

    def read(self, request: ImageRequest, deadline: Deadline) -> tuple[ImageConfig, str]:
        """Return the configuration and its origin (a word of `observer`); raise RegistryFailure."""
        key = self._key(request)
        known = self._memory.answer(key, fresh=request.fresh)
        if known:
            return known, REMEMBERED
        if self._slow.open(key.scope):
            raise RegistryFailure(
                Kind.UNREACHABLE, "the registry has failed several times; no request is sent for some seconds"
            )
        soon_s = min(_QUEUE_S, deadline.remaining_s())
        busy = RegistryFailure(Kind.BUSY, f"all look-ups, or those for {request.namespace!r}, are under way")
        with (
            self._lookups.entered(_ALL, request.namespace, soon_s, busy),
            on_behalf_of(request.namespace),
        ):
            (config, outcome), shared = self._flights.fetch(
                (key, request.fresh), lambda: self._fetch(request, key, deadline), deadline
            )
        return config, SHARED if shared else outcome

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _fetch(self, request: ImageRequest, key: AccessKey, deadline: Deadline) -> tuple[ImageConfig, str]:
        registry = key.scope.registry
        full = RegistryFailure(
            Kind.UNREACHABLE, f"{registry}: the limit of requests is under way, and none has ended in time"
        )
        with self._gate.entered(registry, request.namespace, deadline.remaining_s(), full):
            had_time = deadline.remaining_s() >= _FAIR_S
            try:
                config, outcome = self._confirmed_or_read(self._image_reader(request, key, deadline), key)
            except RegistryFailure as failure:
                self._memory.store_failure(key, failure)
                if failure.kind is Kind.UNREACHABLE and had_time:
                    self._slow.failed(key.scope)
                raise
        self._slow.succeeded(key.scope)
        self._memory.store_answer(key, config)
        return config, outcome

    def _confirmed_or_read(self, image_reader: ImageReader, key: AccessKey) -> tuple[ImageConfig, str]:
        last = self._memory.last_digest(key)
        if last and self._memory.content(key, last):
            digest = image_reader.current_digest(key.tag_or_digest)
            known = self._memory.content(key, digest) if digest else None
            if known:
                return known, CONFIRMED
        return image_reader.read(key.tag_or_digest, key.platforms), READ

    def _image_reader(self, request: ImageRequest, key: AccessKey, deadline: Deadline) -> ImageReader:
        reference = request.reference
        scheme = self._policy.scheme(reference.api)
        access = Access(reference.api, scheme, reference.repository, request.credential, request.verify)
        cached_token = _CachedToken(self._memory, key.scope)
        repository = Repository(self._exchange, self._authorizer, access, cached_token, deadline)
        full = RegistryFailure(
            Kind.UNREACHABLE, "another large document is being read; they are read one at a time"
        )
        return ImageReader(
            repository, self._limits, lambda: self._large.entered(_ALL, "", deadline.remaining_s(), full)
        )

    def _key(self, request: ImageRequest) -> AccessKey:
        fingerprint = self._memory.fingerprint(request.credential)
        scope = CacheScope(
            str(request.reference.api), request.reference.repository, fingerprint, request.verify
        )
        return AccessKey(scope, request.reference.tag_or_digest, request.platforms)
