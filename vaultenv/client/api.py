"""The part of Vault's HTTP API that the launcher needs (https://developer.hashicorp.com/vault/api-docs)."""

from __future__ import annotations

from vaultenv.basics.text import one_line
from vaultenv.client.address import query_text, quoted
from vaultenv.client.answers import (
    MOUNTS,
    auth_of,
    body_of,
    body_or_error,
    cannot_answer,
    error_of,
    mount_in,
    refusal,
    secret_or_error,
)
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Answer, Request
from vaultenv.client.logins import login_request, method_of, mount_of
from vaultenv.errors import LoginFailed, PermissionRefused, RequestRefused, VaultEnvError, VaultUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from vaultenv.basics.deadline import Deadline
    from vaultenv.client.answers import Body
    from vaultenv.client.persistence import Exchange, Outcome, Persistence
    from vaultenv.client.wire import Meanwhile, Wire
    from vaultenv.references.secret import Secret
    from vaultenv.settings import Settings

    Pairs = Sequence[tuple[str, str]]

_TOKEN_HEADER = "X-Vault-Token"  # noqa: S105 (a header's name)
_MOST_REDIRECTS = 3
_NO_CONTENT = 204
_CONFIGURED = -1
"""In place of a number of repetitions: as many as VAULT_MAX_RETRIES allows."""
_LOGIN_FAILED = "failed to request new Vault token: "


class Vault:
    """A Reader of one Vault server. Its repr shows no field, because it holds a token."""

    __slots__ = ("_persistence", "_retries", "_settings", "_token", "_wire", "login_lease")

    def __init__(self, settings: Settings, wire: Wire, persistence: Persistence) -> None:
        self._settings = settings
        self._wire = wire
        self._persistence = persistence
        self._retries = settings.max_retries
        self._token = ""
        self.login_lease: dict[str, Any] = {}
        self._wire.headers |= settings.headers
        self._wire.headers["X-Vault-Request"] = "true"
        if settings.namespace:
            self._wire.headers["X-Vault-Namespace"] = settings.namespace

    @property
    def token(self) -> str:
        """The token of all further requests, during a login the one before; "" before `login` or `use`."""
        return self._token

    def use(self, token: str) -> None:
        """Send this token from now on."""
        if not token.isascii() or not token.isprintable():
            raise LoginFailed(
                f"{_LOGIN_FAILED}the token holds characters that a token cannot have: see its file or variable"
            )
        self._token = self._wire.headers[_TOKEN_HEADER] = token

    def within(self, deadline: Deadline) -> None:
        """Replace the deadline of all further requests."""
        self._wire.deadline = self._persistence.deadline = deadline

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def login(self, reads: int = 0, meanwhile: Meanwhile | None = None) -> None:
        """Log in by the configured method, with repeated attempts while Vault cannot answer; prepare for
        `reads` reads. `meanwhile` is called while Vault works on each attempt.

        Raises LoginFailed or PermissionRefused when Vault refuses, VaultUnavailable at the deadline,
        InvalidSetting.
        """
        self._wire.headers.pop(_TOKEN_HEADER, None)
        request = self._persistence.made(self._login_request)
        outcome = self._settled([request], self._login_attempts(reads, meanwhile), None)[0]
        title = method_of(self._settings).title
        prefix = f"{_LOGIN_FAILED}unable to log in with {title} auth: "
        self._take_token(request, outcome, prefix)

    def _login_attempts(self, reads: int, meanwhile: Meanwhile | None) -> Exchange:
        """Return an exchange that reads the files of the login again for every attempt except the first. If a
        cloud's metadata service ends that reading, the outcome is Vault's last one, the reason for the attempts.
        """
        last: list[Outcome] = []

        def attempt(requests: Sequence[Request]) -> list[Outcome]:
            nonlocal last
            try:
                if last:
                    requests[0].body = self._login_request().body
            except VaultUnavailable:
                return last
            last = self._wire.pipelined(requests, reads, meanwhile)
            return last

        return attempt

    def _login_request(self) -> Request:
        try:
            return login_request(self._settings, self._persistence.deadline)
        except (LoginFailed, VaultUnavailable) as error:
            raise type(error)(_LOGIN_FAILED + str(error)) from None

    def unwrap(self) -> None:
        """Exchange the wrapping token in use for the token inside it (sys/wrapping/unwrap); the request is
        sent only once.
        """
        request = Request("PUT", "/v1/sys/wrapping/unwrap", "{}")
        outcome = self._settled([request], self._wire.pipelined, None)[0]
        self._take_token(request, outcome, f"{_LOGIN_FAILED}unable to unwrap the given token: ")

    def _take_token(self, request: Request, outcome: Outcome, prefix: str) -> None:
        if isinstance(outcome, Answer) and outcome.status == 200:
            auth = auth_of(body_of(outcome.body))
            token = auth.get("client_token")
            if isinstance(token, str) and token:
                self.login_lease = auth
                return self.use(token)
        raise _login_error(prefix, self._url(request), outcome, self._settings)

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """Read secrets, as `vaultenv.references.reader.Reader` defines: KV reads are pipelined, others use up to
        four connections.
        """
        queries = [(path, f"?version={version}" if version else "") for path, version in questions]
        return [self._secret(*one) for one in self._reads(queries)]

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        """Write a JSON object, as `vaultenv.references.reader.Reader` defines."""
        request = Request("PUT", f"/v1/{quoted(path)}", body)
        return self._secret(request, path, self._settled([request], self._wire.pipelined)[0])

    def bodies(self, questions: Sequence[tuple[str, Pairs]]) -> list[Body | VaultEnvError]:
        """Return the JSON objects of reads at (path, query), or their errors; they are sent in the same way as by `read`."""
        return [
            self._body(*one) for one in self._reads([(path, query_text(query)) for path, query in questions])
        ]

    def written(self, path: str, body: str) -> Body | VaultEnvError:
        """Write a JSON object, never twice, and return the JSON object of the answer, {} for one without content (as of KV
        version 1), or the error.
        """
        request = Request("PUT", f"/v1/{quoted(path)}", body)
        outcome = self._settled([request], self._wire.pipelined)[0]
        if isinstance(outcome, Answer) and outcome.status == _NO_CONTENT:
            return {}
        return self._body(request, path, outcome)

    def mounts(self, paths: Sequence[str]) -> list[Body]:
        """Return Vault's answer about the mount of each path (sys/internal/ui/mounts), or {}."""
        requests = [Request("GET", f"/v1/{MOUNTS}/{quoted(path)}", repeatable=True) for path in paths]
        outcomes = self._settled(requests, self._wire.pipelined)
        return [body_of(outcome.body) if isinstance(outcome, Answer) else {} for outcome in outcomes]

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """Decrypt ciphertexts, as `vaultenv.references.reader.Reader` defines."""
        from vaultenv.client.decryption import decrypt_body, plaintexts_or_errors

        request = Request("PUT", f"/v1/{quoted(path)}", decrypt_body(ciphertexts), repeatable=True)
        outcome = self._settled([request], self._wire.pipelined)[0]
        if isinstance(outcome, WireFailure):
            return [self._unavailable(request, outcome)] * len(ciphertexts)
        url = self._url(request)
        return plaintexts_or_errors(url, path, outcome.status, outcome.body, len(ciphertexts))

    def call(
        self, method: str, path: str, body: str | None = None, retries: int | None = _CONFIGURED
    ) -> dict[str, Any]:
        """Return the answer of a request that may be sent twice; raise VaultEnvError for any error status, and for a
        page that is no answer of Vault.
        """
        request = Request(method, f"/v1/{path}", body, repeatable=True)
        outcome = self._settled([request], self._wire.pipelined, retries)[0]
        if isinstance(outcome, WireFailure):
            raise self._unavailable(request, outcome)
        if outcome.status >= 300 or (outcome.body and not body_of(outcome.body)):
            raise error_of(method, self._url(request), path, outcome.status, outcome.body)
        return body_of(outcome.body)

    def _reads(self, questions: Sequence[tuple[str, str]]) -> list[tuple[Request, str, Outcome]]:
        """Return (request, path, outcome) of reads at (path, query)."""
        from vaultenv.client.reads import Reads

        requests = [
            Request("GET", f"/v1/{quoted(path)}{query}", repeatable=True) for path, query in questions
        ]
        outcomes = self._settled(requests, Reads(self._wire).exchange)
        return list(zip(requests, (path for path, _ in questions), outcomes, strict=True))

    def _settled(
        self, requests: Sequence[Request], exchange: Exchange, retries: int | None = _CONFIGURED
    ) -> list[Outcome]:
        """Return the last outcomes, after redirects and at most `retries` repetitions; None: until the deadline."""
        retries = self._retries if retries == _CONFIGURED else retries
        outcomes = self._persistence.settle(exchange, requests, retries)
        return [
            self._followed(request, outcome, _MOST_REDIRECTS)
            for request, outcome in zip(requests, outcomes, strict=True)
        ]

    def _followed(self, request: Request, outcome: Outcome, most: int) -> Outcome:
        """Return the outcome, or after a redirect within the same Vault the outcome at the new address."""
        if isinstance(outcome, WireFailure) or not 300 <= outcome.status < 400 or not most:
            return outcome
        from vaultenv.client.redirects import redirected

        again = redirected(self._wire.address, request, outcome)
        if again is None:
            return outcome
        return self._followed(
            again, self._persistence.settle(self._wire.pipelined, [again], self._retries)[0], most - 1
        )

    def _secret(self, request: Request, path: str, outcome: Outcome) -> Secret | VaultEnvError:
        if isinstance(outcome, WireFailure):
            return self._unavailable(request, outcome)
        url = self._url(request)
        return secret_or_error(request.method, url, path, outcome.status, outcome.body, self._mount)

    def _body(self, request: Request, path: str, outcome: Outcome) -> Body | VaultEnvError:
        if isinstance(outcome, WireFailure):
            return self._unavailable(request, outcome)
        url = self._url(request)
        return body_or_error(request.method, url, path, outcome.status, outcome.body, self._mount)

    def _mount(self, path: str) -> str:
        outcome = self._wire.pipelined([Request("GET", f"/v1/{MOUNTS}/{quoted(path)}")])[0]
        return mount_in(outcome.body) if isinstance(outcome, Answer) else ""

    def _unavailable(self, request: Request, failure: WireFailure) -> VaultUnavailable:
        return VaultUnavailable(f'{request.method.capitalize()} "{self._url(request)}": {failure}')

    def _url(self, request: Request) -> str:
        address = self._wire.address
        return f"{address.origin}{address.prefix}{request.target}"


def _login_error(prefix: str, url: str, outcome: Outcome, settings: Settings) -> VaultEnvError:
    if isinstance(outcome, WireFailure):
        return VaultUnavailable(f'{prefix}Put "{url}": {outcome}')
    line = prefix + refusal("PUT", url, outcome.status, outcome.body)
    if outcome.status == 403:
        return PermissionRefused(
            f"{line}: 403 permission denied: check that vault-role ({one_line(settings.role)}) is the role of this "
            f"namespace and ServiceAccount, and that the Vault of vault-addr has the auth method at vault-path "
            f"({one_line(mount_of(settings))})"
        )
    if cannot_answer(outcome.status):
        return VaultUnavailable(f"{line}: Vault could not answer in time (VAULT_ENV_TIMEOUT)")
    if outcome.status >= 400:
        return LoginFailed(f"{line}: check the annotations vault-addr, vault-role and vault-path")
    return RequestRefused(f"{line}: the answer holds no token: is this the address of Vault?")
