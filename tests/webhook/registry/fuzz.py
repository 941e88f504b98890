"""Random names, challenges and documents: `python -m tests.webhook.registry.fuzz [COUNT [SEED]]`.

Each input is a good one with random damage. Every parser must return, or raise RegistryFailure, and that soon.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Mapping

from webhook.registry.challenge import Challenge, parse_challenges
from webhook.registry.credentials import candidates
from webhook.registry.exchange import retry_after_s
from webhook.registry.failures import RegistryFailure
from webhook.registry.manifests import parse_config, parse_manifest
from webhook.registry.query import PullSecret
from webhook.registry.realm import parse_realm, parse_url
from webhook.registry.reference import parse_reference

SLOWEST_S = 1.0
_HEX = "0123456789abcdef" * 4
_DIGEST = f"sha256:{_HEX}"
_DESCRIPTOR = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": _DIGEST, "size": 7}
_MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": _DESCRIPTOR,
    "layers": [],
}
_INDEX = {
    "schemaVersion": 2,
    "manifests": [
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": _DIGEST,
            "size": 7,
            "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
            "annotations": {"a": "b"},
        }
    ],
}
_CONFIG = {"os": "linux", "architecture": "amd64", "config": {"Entrypoint": ["/a"], "Cmd": ["b", "c"]}}
_AUTHS = {"auths": {"https://quay.io/v1/": {"auth": "dTpw"}, "*.io": {"username": "u", "password": "p"}}}
_NAMES = ("quay.io/team/app:1", f"a.b:5000/c/d@{_DIGEST}", "alpine", "[2001:db8::1]:5000/x:y")
_CHALLENGES = (
    'Bearer realm="https://a.b/token",service="s",scope="repository:a:pull"',
    "Basic realm=x, Bearer a=b",
)
_URLS = ("https://a.b:443/c?d=e#f", "http://[::1]/x", "https://1.2.3.4/")
_DATES = ("120", "Wed, 21 Oct 2015 07:28:00 GMT")
_SIGNS = (*"\0\t\n\r \"'\\/,;:=@[]{}()*?#%&.-_~0aA9zZé😀\ud800\ufeff", "null", "true", "1e999", "-1", "NaN")


def _reference(text: str) -> None:
    parse_reference(text)


def _challenge(text: str) -> None:
    for challenge in parse_challenges([text]):
        parse_realm(Challenge("bearer", challenge.parameters))


def _pull_secret(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    candidates(
        parse_reference("quay.io/a"), [PullSecret("n", "s", "kubernetes.io/dockerconfigjson", content)]
    )


def _manifest(text: str) -> None:
    parse_manifest(text.encode("utf-8", "surrogatepass"), "application/vnd.oci.image.index.v1+json")


def _config(text: str) -> None:
    parse_config(text.encode("utf-8", "surrogatepass"))


def _url(text: str) -> None:
    parse_url(text)


def _date(text: str) -> None:
    retry_after_s(text)


PARSERS: Mapping[Callable[[str], None], tuple[str, ...]] = {
    _reference: _NAMES,
    _challenge: _CHALLENGES,
    _pull_secret: (json.dumps(_AUTHS),),
    _manifest: (json.dumps(_MANIFEST), json.dumps(_INDEX)),
    _config: (json.dumps(_CONFIG),),
    _url: _URLS,
    _date: _DATES,
}


def run(count: int, seed: int) -> tuple[int, float]:
    """Try `count` inputs; return how many were accepted, and the seconds of the slowest."""
    chance = random.Random(seed)
    choices = list(PARSERS.items())
    accepted, slowest_s = 0, 0.0
    for _ in range(count):
        parse, examples = chance.choice(choices)
        text = _damaged(chance.choice(examples), chance)
        started = time.perf_counter()
        try:
            parse(text)
            accepted += 1
        except RegistryFailure:
            pass
        except Exception as error:
            raise AssertionError(f"{parse.__name__}({text!r})") from error
        slowest_s = max(slowest_s, time.perf_counter() - started)
    return accepted, slowest_s


def _damaged(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((0, 1, 1, 2, 4, 16))):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 1, 3, 20)))
        match chance.randrange(4):
            case 0:
                piece = ""
            case 1:
                piece = chance.choice(_SIGNS)
            case 2:
                piece = text[start:end] * chance.choice((2, 3, 50))
            case _:
                piece = chance.choice(_SIGNS) * chance.choice((1, 2, 2000))
        text = text[:start] + piece + text[end:]
    return text


def main() -> int:
    """Run as many as the first argument says; returns the exit status."""
    numbers = [int(text) for text in sys.argv[1:]]
    count, seed = (*numbers, 1_000_000, 1)[:2] if numbers else (1_000_000, 1)
    if len(numbers) == 1:
        seed = int(time.time())
    accepted, slowest_s = run(count, seed)
    print(f"{count} inputs with seed {seed}: {accepted} accepted, the slowest took {slowest_s * 1000:.0f} ms")
    return int(slowest_s > SLOWEST_S)


if __name__ == "__main__":
    sys.exit(main())
