"""Reading what an image runs, with a pod's credentials, in the time of one admission."""

import logging
import time
from collections.abc import Sequence

from webhook.deadline import Deadline
from webhook.errors import ImageNotRead
from webhook.registry.addresses import AddressPolicy
from webhook.registry.authorization import Authorizer, Subject
from webhook.registry.credentials import Credential, candidates
from webhook.registry.dial import Dialler
from webhook.registry.exchange import Exchange
from webhook.registry.failures import Kind, RegistryFailure, message
from webhook.registry.mirrors import mirrored
from webhook.registry.platforms import Platform, wanted_platforms
from webhook.registry.pull import Limits, Pull
from webhook.registry.query import ImageConfig, ImageQuery
from webhook.registry.reference import ImageReference, parse_reference
from webhook.registry.settings import RegistrySettings
from webhook.registry.transport import Transport

_log = logging.getLogger(__name__)
_TRY_NEXT = frozenset({Kind.UNAUTHORIZED, Kind.MANIFEST_UNKNOWN, Kind.FORBIDDEN_REALM})


class RegistryClient:
    """Reads image configurations; for use by many threads."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._policy = AddressPolicy(
            settings.private_hosts, settings.plain_http_hosts, settings.cluster_domain
        )
        self._transport = Transport(Dialler(self._policy), settings.ca_file)
        self._exchange = Exchange(self._transport, self._policy, time.sleep)
        self._authorizer = Authorizer(self._exchange, settings.realms)
        self._limits = Limits(settings.manifest_bytes, settings.config_bytes)

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig:
        """Return what the image runs; raise ImageNotRead with one line for people."""
        what = f"image {query.image!r}"
        try:
            named = parse_reference(query.image)
            reference = mirrored(named, self._settings.mirrors)
            what = f"GET {self._url(reference)}"
            return self._read(query, reference, self._bounded(deadline))
        except RegistryFailure as failure:
            _log.warning("image %r: %s: %s", query.image, failure.kind, failure.detail)
            raise ImageNotRead(message(what, failure.kind)) from None

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def _read(self, query: ImageQuery, reference: ImageReference, deadline: Deadline) -> ImageConfig:
        platforms = wanted_platforms(self._settings.platforms, query.architectures)
        verify = not (query.skip_verify and self._settings.allow_skip_verify)
        last = RegistryFailure(Kind.UNAUTHORIZED, "there is no credential to try")
        for credential in candidates(reference, query.pull_secrets, query.default_secrets):
            try:
                return self._pull(reference, credential, verify, platforms, deadline)
            except RegistryFailure as failure:
                if failure.kind not in _TRY_NEXT:
                    raise
                last = failure
        raise last

    def _pull(
        self,
        reference: ImageReference,
        credential: Credential,
        verify: bool,
        platforms: Sequence[Platform],
        deadline: Deadline,
    ) -> ImageConfig:
        scheme = self._policy.scheme(reference.api)
        subject = Subject(reference.api, scheme, reference.repository, credential, verify)
        pull = Pull(self._exchange, self._authorizer, reference, subject, self._limits, deadline)
        return pull.read(platforms)

    def _bounded(self, deadline: Deadline) -> Deadline:
        return Deadline(min(deadline.remaining_s(), self._settings.budget_s))

    def _url(self, reference: ImageReference) -> str:
        host = reference.api
        return f"{self._policy.scheme(host)}://{host}/v2/{reference.repository}/manifests/{reference.wanted}"
