"""`vault-webhook image`: the webhook's reading of an image, and the errors."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.images import image, index
from tests.servers.registry import Registry
from vaultkube.errors import ImageNotRead
from webhook.commands.image import run

ROOT = Path(__file__).parents[3]


def show(registry: Registry, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "REGISTRY_CA_FILE": str(registry.endpoint.ca_file),
        "REGISTRY_PRIVATE_HOSTS": "127.0.0.1",
        **variables,
    }
    command = [sys.executable, "-m", "webhook", "image", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(params=["content", "data", "stringData"])
def pull_secret(request: pytest.FixtureRequest, basic_registry: Registry, tmp_path: Path) -> Path:
    """A pull secret in a file, in each form."""
    content = basic_registry.pull_secret()
    if request.param != "content":
        text = base64.b64encode(content.encode()).decode() if request.param == "data" else content
        content = json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "pull"},
                "type": "kubernetes.io/dockerconfigjson",
                request.param: {".dockerconfigjson": text},
            }
        )
    file = tmp_path / "secret"
    file.write_text(content)
    return file


def test_the_command_of_an_image_is_printed(basic_registry: Registry, pull_secret: Path) -> None:
    pushed = image(entrypoint=["/app"], cmd=["serve", "$HOME"])
    reference = basic_registry.push("command/app:1", pushed)
    done = show(basic_registry, reference, "--pull-secret", str(pull_secret))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"image       {reference}",
        f"digest      {pushed.digest}",
        "os          linux",
        'entrypoint  ["/app"]',
        'command     ["serve", "$HOME"]',
    ]


def test_an_unreadable_image_is_an_error_with_cause_and_remedy(basic_registry: Registry) -> None:
    done = show(basic_registry, basic_registry.push("command/app:1", image(cmd=["x"])))
    assert done.returncode == 1 and not done.stdout
    assert "the registry wants a credential, and accepts none of those found" in done.stderr
    assert "cannot fetch image descriptor: GET " in done.stderr and "imagePullSecrets" in done.stderr


def test_a_denied_address_is_named_to_the_user_of_the_command(anonymous_registry: Registry) -> None:
    reference = anonymous_registry.push("command/app:1", image(cmd=["x"]))
    done = show(anonymous_registry, reference, REGISTRY_PRIVATE_HOSTS="")
    assert done.returncode == 1
    assert "are denied: 127.0.0.1" in done.stderr


def test_an_architecture_can_be_pinned(anonymous_registry: Registry) -> None:
    both = index(*(image(cmd=[name], architecture=name) for name in ("amd64", "arm64")))
    reference = anonymous_registry.push("command/both:1", both)
    assert "PLATFORMS_DIFFER" in show(anonymous_registry, reference).stderr
    assert '["arm64"]' in show(anonymous_registry, reference, "--architecture", "arm64").stdout


@pytest.mark.parametrize(
    "content",
    [
        '{\n\t"auths": {\n\t\t"quay.io": {"auth": "dTpw"}\n\t}\n}',
        '{\n\t"quay.io": {"auth": "dTpw"}\n}',
        "kind: Secret\ntype: kubernetes.io/dockercfg\ndata:\n  .dockercfg: |\n    eyJhIjog\n    e319\n",
    ],
    ids=["config.json of docker", "dockercfg with tabs", "base64 with line breaks"],
)
def test_a_pull_secret_as_tools_write_it_is_read(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_text(content)
    with pytest.raises(ImageNotRead, match="INVALID_REFERENCE"):  # the secret comes first
        run(["Not/an/image", "--pull-secret", str(file)])


@pytest.mark.parametrize("content", [None, "kind: Secret\ntype: Opaque\n", "a: [", "[]"])
def test_a_file_that_is_no_pull_secret_is_refused(
    anonymous_registry: Registry, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    reference = anonymous_registry.push("command/app:1", image(cmd=["x"]))
    done = show(anonymous_registry, reference, "--pull-secret", str(file))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and str(file) in done.stderr
