"""A stand-in for AWS's metadata and token services that checks signatures."""

import hashlib
import hmac
import json
import urllib.parse
from http.server import ThreadingHTTPServer

from tests.servers.serving import QuietHandler

KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI"
ARN = "arn:aws:sts::123456789012:assumed-role/app/session"
IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{ARN}</Arn><UserId>AROA:session</UserId><Account>123456789012</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


class Cloud(ThreadingHTTPServer):
    """Metadata and token services on one port; the machine's identity is given only `identities` times."""

    daemon_threads = True

    def __init__(self, identities: int = 1_000_000) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.identities = identities


class Handler(QuietHandler):
    """Answers as AWS does, with its refusals."""

    server: Cloud
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        fields = dict(urllib.parse.parse_qsl(query))
        if path.startswith("/latest/") and self.headers["X-aws-ec2-metadata-token"] == "imds":
            self._machine(path.removeprefix("/latest/"))
        elif (
            fields.get("Action") == "AssumeRoleWithWebIdentity" and fields["WebIdentityToken"] == "projected"
        ):
            credentials = {"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "SessionToken": "st/+="}
            result = {"AssumeRoleWithWebIdentityResult": {"Credentials": credentials}}
            self._send(json.dumps({"AssumeRoleWithWebIdentityResponse": result}))
        elif path == "/container" and self.headers["Authorization"] == "pod-token":
            self._send(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": "ct"}))
        else:
            self.send_error(403)

    def _machine(self, path: str) -> None:
        if path == "meta-data/iam/security-credentials/":
            self._send("machine-role")
        elif path == "meta-data/iam/security-credentials/machine-role":
            self._send(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": "mt"}))
        elif path == "dynamic/instance-identity/pkcs7":
            self.server.identities -= 1
            if self.server.identities < 0:
                self.rfile.read(1)  # returns when the client hangs up
            self._send("MIIB\nsigned")

    def do_PUT(self) -> None:
        ttl = self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self._send("imds") if self.path == "/latest/api/token" and ttl else self.send_error(400)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._is_signed(body):
            self._send(IDENTITY)
        else:
            self.send_error(403)

    def _is_signed(self, body: bytes) -> bool:
        """Return whether the request has a Signature Version 4 that AWS accepts."""
        authorization = self.headers["Authorization"]
        parts = dict(part.split("=", 1) for part in authorization.partition(" ")[2].split(", "))
        key_id, *scope = parts["Credential"].split("/")
        names = parts["SignedHeaders"].split(";")
        lines = [f"{name}:{self.headers[name].strip()}" for name in names]
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join(["POST", "/", "", *lines, "", parts["SignedHeaders"], digest])
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", self.headers["X-Amz-Date"], "/".join(scope), hashed])
        key = f"AWS4{SECRET}".encode()
        for part in scope:
            key = hmac.digest(key, part.encode(), "sha256")
        right = hmac.digest(key, to_sign.encode(), "sha256").hex()
        return key_id == KEY_ID and "host" in names and parts["Signature"] == right

    def _send(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml" if text.startswith("<") else "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())
