"""Vault's HTTP API as far as the launcher needs it (https://developer.hashicorp.com/vault/api-docs)."""

from vaultenv.client.address import parse_address, quoted
from vaultenv.client.answers import body_of, refusal, secret_or_error
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Answer, Request
from vaultenv.client.logins import login_request, method_title
from vaultenv.client.persistence import Persistence
from vaultenv.client.tls import Trust, client_context
from vaultenv.client.wire import Wire
from vaultenv.errors import LoginFailed, PermissionRefused, RequestRefused, VaultEnvError, VaultUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaultenv.client.persistence import Outcome
    from vaultenv.deadline import Deadline
    from vaultenv.log import Log
    from vaultenv.secret import Secret
    from vaultenv.settings import Settings

_TOKEN_HEADER = "X-Vault-Token"  # noqa: S105 (a header's name)
_LOGIN_FAILED = "failed to request new Vault token: "


class Vault:
    """A Reader over one Vault; its repr shows nothing, as it holds a token."""

    __slots__ = ("_persistence", "_retries", "_settings", "_wire")

    def __init__(self, settings: "Settings", wire: Wire, persistence: Persistence) -> None:
        self._settings = settings
        self._wire = wire
        self._persistence = persistence
        self._retries = settings.max_retries
        self._wire.headers["X-Vault-Request"] = "true"
        if settings.namespace:
            self._wire.headers["X-Vault-Namespace"] = settings.namespace

    @property
    def token(self) -> str:
        """The token of all further requests, "" before `login` or `use`."""
        return self._wire.headers.get(_TOKEN_HEADER, "")

    def use(self, token: str) -> None:
        """Send this token from now on."""
        if not token.isascii() or not token.isprintable():
            raise LoginFailed(f"{_LOGIN_FAILED}the token holds characters that no token has")
        self._wire.headers[_TOKEN_HEADER] = token

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def login(self) -> None:
        """Log in by the configured method, again and again while Vault cannot answer.

        Raises LoginFailed or PermissionRefused when Vault refuses, VaultUnavailable at the deadline,
        InvalidSetting.
        """
        try:
            request = login_request(self._settings)
        except LoginFailed as error:
            raise LoginFailed(_LOGIN_FAILED + str(error)) from None
        outcome = self._persistence.settle(self._login_attempt, [request])[0]
        if isinstance(outcome, Answer) and outcome.status == 200:
            token = (body_of(outcome.body).get("auth") or {}).get("client_token")
            if isinstance(token, str) and token:
                return self.use(token)
        title = method_title(self._settings.auth_method)
        prefix = f"{_LOGIN_FAILED}unable to log in with {title} auth: "
        raise _login_error(prefix, self._url(request), outcome, self._settings)

    def _login_attempt(self, _: "Sequence[Request]") -> "list[Outcome]":
        return self._wire.pipelined([login_request(self._settings)])

    def read(self, wanted: "Sequence[tuple[str, str]]") -> "list[Secret | VaultEnvError]":
        """See `vaultenv.reader.Reader`: KV reads are pipelined, others go over up to four connections."""
        requests = [_read_request(path, version) for path, version in wanted]
        outcomes = self._persistence.settle(self._exchange, requests, self._retries)
        return [
            self._secret(request, path, outcome)
            for request, (path, _), outcome in zip(requests, wanted, outcomes, strict=True)
        ]

    def _exchange(self, requests: "Sequence[Request]") -> "list[Outcome]":
        kv = [request for request in requests if request.repeatable]
        others = [request for request in requests if not request.repeatable]
        outcomes = dict(zip(map(id, kv), self._wire.pipelined(kv), strict=True))
        outcomes |= zip(map(id, others), self._wire.spread(others), strict=True)
        return [outcomes[id(request)] for request in requests]

    def write(self, path: str, body: str) -> "Secret | VaultEnvError":
        """See `vaultenv.reader.Reader`."""
        request = Request("PUT", f"/v1/{quoted(path)}", body)
        outcome = self._persistence.settle(self._wire.pipelined, [request], self._retries)[0]
        return self._secret(request, path, outcome)

    def decrypt(self, path: str, ciphertexts: "Sequence[str]") -> "list[bytes | VaultEnvError]":
        """See `vaultenv.reader.Reader`."""
        from vaultenv.client.decryption import decrypt_body, plaintexts_or_errors

        request = Request("PUT", f"/v1/{quoted(path)}", decrypt_body(ciphertexts), repeatable=True)
        outcome = self._persistence.settle(self._wire.pipelined, [request], self._retries)[0]
        if isinstance(outcome, WireFailure):
            return [self._unavailable(request, outcome)] * len(ciphertexts)
        url = self._url(request)
        return plaintexts_or_errors(url, path, outcome.status, outcome.body, len(ciphertexts))

    def _unavailable(self, request: Request, failure: WireFailure) -> VaultUnavailable:
        return VaultUnavailable(f'{request.method.capitalize()} "{self._url(request)}": {failure}')

    def _secret(self, request: Request, path: str, outcome: "Outcome") -> "Secret | VaultEnvError":
        if isinstance(outcome, WireFailure):
            return self._unavailable(request, outcome)
        return secret_or_error(request.method, self._url(request), path, outcome.status, outcome.body)

    def _url(self, request: Request) -> str:
        address = self._wire.address
        return f"{address.origin}{address.prefix}{request.target}"


def _read_request(path: str, version: str) -> Request:
    query = f"?version={version}" if version else ""
    return Request("GET", f"/v1/{quoted(path)}{query}", repeatable=_looks_like_kv(path))


def _looks_like_kv(path: str) -> bool:
    """Whether the path has the shape of KV version 2, `<mount>/data/<name>`."""
    return "/data/" in path


def _login_error(prefix: str, url: str, outcome: "Outcome", settings: "Settings") -> VaultEnvError:
    if isinstance(outcome, WireFailure):
        return VaultUnavailable(f'{prefix}Put "{url}": {outcome}')
    line = prefix + refusal("PUT", url, outcome.status, outcome.body)
    if outcome.status == 403:
        return PermissionRefused(
            f"{line}: 403 permission denied: check that vault-role ({settings.role}) is the role of this "
            f"namespace and ServiceAccount, and that the Vault of vault-addr has the auth method at vault-path "
            f"({settings.auth_mount})"
        )
    if outcome.status in (400, 404, 405):
        return LoginFailed(f"{line}: check the annotations vault-addr, vault-role and vault-path")
    if outcome.status >= 400:
        return VaultUnavailable(f"{line}: Vault could not answer in time (VAULT_ENV_TIMEOUT)")
    return RequestRefused(f"{line}: the answer holds no token: is this the address of Vault?")


def open_vault(settings: "Settings", deadline: "Deadline", log: "Log") -> Vault:
    """A client for the configured Vault; connects with the first request. Raises InvalidSetting."""
    address = parse_address(settings.address)
    trust = Trust(settings.ca_bytes, settings.ca_file, settings.ca_directory)
    context = None
    if address.scheme == "https":
        context = client_context(
            trust, settings.client_certificate, settings.client_key, settings.skip_verify
        )
    wire = Wire(address, context, settings.server_name, settings.client_timeout_s, deadline)
    return Vault(settings, wire, Persistence(deadline, log))
