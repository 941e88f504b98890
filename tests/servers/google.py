"""A stand-in for Google's metadata, token, signing, IAM and compute services, for us and for Vault's gcp method."""

import datetime
import json
import urllib.parse
from http.server import ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.serving import QuietHandler
from tests.servers.vault import Vault

POOL = "project.svc.id.goog"
PROVIDER = (
    f"identitynamespace:{POOL}:https://container.googleapis.com/v1/projects/project/locations/europe-west1"
    "/clusters/main"
)
NODE = {
    "project/project-id": "project",
    "instance/attributes/cluster-location": "europe-west1",
    "instance/attributes/cluster-name": "main",
}
EMAIL = "app@project.iam.gserviceaccount.com"
CREATED = "2026-01-01T00:00:00.000-00:00"
MACHINE = {
    "project_id": "project",
    "project_number": 1,
    "zone": "europe-west1-b",
    "instance_id": "42",
    "instance_name": "vm",
    "instance_creation_timestamp": 1767225600,
}


class Google(ThreadingHTTPServer):
    """Metadata, token, signing, IAM and compute services; only a valid request has an answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.key = rsa.generate_private_key(65537, 2048)

    def certificates(self) -> dict[str, str]:
        """Return Google's certificates by key id."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "google")])
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 1)
        builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(hours=1))
        pem = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return {"key-1": pem.decode()}

    def sign(self, **claims: object) -> str:
        now = datetime.datetime.now(datetime.UTC)
        stamps = {"iat": now, "exp": now + datetime.timedelta(minutes=5)}
        return jwt.encode({**stamps, **claims}, self.key, algorithm="RS256", headers={"kid": "key-1"})

    def credentials(self) -> str:
        """A service account's key file, for Vault."""
        form = serialization.PrivateFormat.PKCS8
        none = serialization.NoEncryption()
        pem = self.key.private_bytes(serialization.Encoding.PEM, form, none).decode()
        return json.dumps(
            {
                "type": "service_account",
                "client_email": "vault@project.iam.gserviceaccount.com",
                "private_key_id": "key-1",
                "private_key": pem,
                "token_uri": f"http://{self.host}/token",
            }
        )


class Handler(QuietHandler):
    """Answers as Google does, with its refusals."""

    server: Google
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        for_vault = self.headers["Authorization"] == "Bearer for-vault"
        about_node = NODE.get(path.removeprefix("/computeMetadata/v1/"))
        if about_node and self.headers["Metadata-Flavor"] == "Google":
            self._send(about_node)
        elif path.startswith("/computeMetadata/v1/") and self.headers["Metadata-Flavor"] == "Google":
            self._metadata(path.rpartition("/default/")[2], query)
        elif path in ("/oauth2/v1/certs", f"/service_accounts/v1/metadata/x509/{EMAIL}"):
            self._send(json.dumps(self.server.certificates()))
        elif for_vault and path.startswith("/v1/projects/-/serviceAccounts/"):
            self._send(json.dumps({"email": EMAIL, "uniqueId": "7", "projectId": "project"}))
        elif for_vault and path == "/projects/project/zones/europe-west1-b/instances/vm":
            zone = "https://www.googleapis.com/compute/v1/projects/project/zones/europe-west1-b"
            fields = {"id": "42", "name": "vm", "zone": zone, "status": "RUNNING"}
            self._send(
                json.dumps({**fields, "creationTimestamp": CREATED, "selfLink": f"{zone}/instances/vm"})
            )
        else:
            self.send_error(403)

    def _metadata(self, what: str, query: str) -> None:
        if what == "identity":
            claims = {"google": {"compute_engine": MACHINE}, "sub": "7", "email": EMAIL}
            self._send(
                self.server.sign(
                    aud=urllib.parse.parse_qs(query)["audience"][0],
                    iss="https://accounts.google.com",
                    **claims,
                )
            )
        else:
            self._send(EMAIL if what == "email" else json.dumps({"access_token": "of-the-pod"}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token" and b"assertion=" in body:
            self._send(json.dumps({"access_token": "for-vault", "token_type": "Bearer", "expires_in": 3600}))
        elif self.path == "/v1/token" and self._is_exchange(json.loads(body)):
            self._send(json.dumps({"access_token": "federated", "token_type": "Bearer"}))
        elif self.path.endswith(f"/{EMAIL}:generateIdToken") and self._is_allowed():
            claims = {"iss": "https://accounts.google.com", "sub": "7", "email": EMAIL}
            self._send(json.dumps({"token": self.server.sign(aud=json.loads(body)["audience"], **claims)}))
        elif self.path.endswith(":signJwt") and self.headers["Authorization"] == "Bearer of-the-pod":
            self._send(json.dumps({"signedJwt": self.server.sign(**json.loads(json.loads(body)["payload"]))}))
        else:
            self.send_error(403)

    def _is_exchange(self, fields: dict[str, str]) -> bool:
        """Return whether the request exchanges a token of Kubernetes in the form of Google's STS."""
        token = jwt.decode(fields["subjectToken"], options={"verify_signature": False})
        kind = "urn:ietf:params:oauth:token-type:jwt"
        return (
            token["aud"] == [POOL] and fields["audience"] == PROVIDER and fields["subjectTokenType"] == kind
        )

    def _is_allowed(self) -> bool:
        return self.headers["Authorization"] == "Bearer federated"

    def _send(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def serve_gcp_method(vault: Vault, home: Path, google: Google, mount: str) -> None:
    """Give Vault the gcp method at `mount`; its own credentials lie in `home`, where Google's libraries look for them."""
    default = home / ".config/gcloud/application_default_credentials.json"
    default.parent.mkdir(parents=True, exist_ok=True)
    default.write_text(google.credentials())
    vault.write(f"sys/auth/{mount}", {"type": "gcp"})
    base = f"http://{google.host}"
    vault.write(
        f"auth/{mount}/config", {"custom_endpoint": {"api": base, "iam": base, "compute": base + "/"}}
    )
