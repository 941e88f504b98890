"""The registry client: reads an image's entry point with a pod's credentials, within the time of one admission."""

import logging
from collections.abc import Callable
from dataclasses import replace

from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead, RegistryUnavailable
from webhook.registry.credentials import ANONYMOUS, candidates
from webhook.registry.failures import UNAVAILABLE, Kind, RegistryFailure, message
from webhook.registry.mirrors import mirrored
from webhook.registry.observer import Observer, Unobserved
from webhook.registry.platforms import Platform, platforms_to_read
from webhook.registry.query import ImageConfig, ImageQuery
from webhook.registry.reader import ImageRequest, Reader
from webhook.registry.reference import ImageReference, parse_reference
from webhook.registry.settings import RegistrySettings

_log = logging.getLogger(__name__)
_TRY_NEXT = frozenset(
    {
        Kind.UNAUTHORIZED,
        Kind.MANIFEST_UNKNOWN,
        Kind.FORBIDDEN_REALM,
        Kind.TOO_MANY_REQUESTS,
        Kind.INVALID_ANSWER,
    }
)
"""Failures after which the next credential may still succeed."""
_DETAIL_FOR_PEOPLE = frozenset({Kind.INVALID_REFERENCE, Kind.INVALID_PULL_SECRET, Kind.NO_PLATFORM})
"""Failures with a detail from the pod or the operator, which people may see."""
_SKIP_IGNORED = (
    "registry-skip-verify is ignored: the operator of the webhook has not set REGISTRY_ALLOW_SKIP_VERIFY"
)


class RegistryClient:
    """Reads image configs; threads may share it.

    `platforms` returns those of the cluster's nodes; CLUSTER_PLATFORMS overrides it. At most `lookups` threads wait for
    registries at a time, three quarters of them for one namespace: fewer than the threads that answer requests.
    """

    def __init__(
        self,
        settings: RegistrySettings,
        observer: Observer | None = None,
        platforms: Callable[[], tuple[Platform, ...]] = tuple,
        lookups: int = 48,
        strict_tls: bool = False,
    ) -> None:
        self._settings = settings
        self._observer = observer or Unobserved()
        self._platforms = platforms
        self._reader = Reader(settings, lookups, strict_tls)

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig:
        """Return the image's config; raise ImageNotRead with a message of one line for people."""
        subject = f"image {query.image!r}"
        try:
            reference = mirrored(parse_reference(query.image), self._settings.mirrors)
            subject = f"GET {self._reader.url(reference)}"
            config, outcome = self._first_that_works(query, reference, deadline)
        except RegistryFailure as failure:
            self._observer.image_lookup(failure.kind.lower())
            _log.warning("image %r: %s: %s", query.image, failure.kind, failure.detail)
            kind = RegistryUnavailable if failure.kind in UNAVAILABLE else ImageNotRead
            raise kind(message(subject, failure.kind, self._note(query, failure))) from None
        self._observer.image_lookup(outcome)
        return replace(config, warnings=(*config.warnings, *self._warnings(query)))

    def close(self) -> None:
        """Close all connections."""
        self._reader.close()

    def _first_that_works(
        self, query: ImageQuery, reference: ImageReference, deadline: Deadline
    ) -> tuple[ImageConfig, str]:
        within = Deadline(min(deadline.remaining_s(), self._settings.budget_s))
        platforms = platforms_to_read(self._settings.platforms or self._platforms(), query.architectures)
        verify = not query.skip_verify or self._ignores_skip(query)
        fresh = query.pull_policy == "Always" or reference.tag == "latest"
        failures: list[RegistryFailure] = []
        for credential in candidates(reference, query.pull_secrets, query.default_secrets):
            try:
                request = ImageRequest(reference, credential, platforms, verify, fresh, query.namespace)
                return self._reader.read(request, within)
            except RegistryFailure as error:
                if error.kind not in _TRY_NEXT:
                    raise
                failures.append(error.copy())  # its traceback would hold the bytes that were read
        raise next((each for each in failures if each.kind is not Kind.UNAUTHORIZED), failures[0])

    def _about_secrets(self, query: ImageQuery) -> str:
        if query.missing_secrets:
            return _missing(query)
        reference = mirrored(parse_reference(query.image), self._settings.mirrors)
        secrets = query.pull_secrets or query.default_secrets
        unmatched = candidates(reference, query.pull_secrets, query.default_secrets) == (ANONYMOUS,)
        return f"no entry of the pull secrets is for {reference.name}" if secrets and unmatched else ""

    def _warnings(self, query: ImageQuery) -> list[str]:
        ignored = [_SKIP_IGNORED] if self._ignores_skip(query) else []
        return [*ignored, _missing(query)] if query.missing_secrets else ignored

    def _ignores_skip(self, query: ImageQuery) -> bool:
        return query.skip_verify and not self._settings.allow_skip_verify

    def _note(self, query: ImageQuery, failure: RegistryFailure) -> str:
        if failure.kind is Kind.NO_PLATFORM and query.architectures:
            return f"{failure.detail}, to which the pod pins itself by kubernetes.io/arch"
        if failure.kind in _DETAIL_FOR_PEOPLE:
            return failure.detail
        if failure.kind is Kind.UNAUTHORIZED:
            return self._about_secrets(query)
        if failure.kind is Kind.UNTRUSTED_CERTIFICATE and self._ignores_skip(query):
            return _SKIP_IGNORED
        if query.pull_policy == "Never":
            return "imagePullPolicy is Never: an image that only the nodes have cannot be read"
        return ""


def _missing(query: ImageQuery) -> str:
    names = ", ".join(query.missing_secrets)
    return f"passed over, because missing or not of a type for registries: pull secret {names}"
