"""Every field of a Secret or ConfigMap that can hold a reference or a ciphertext, on the real Vault."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_isolation import annotations

OWN = f"{CLUSTER_NAME}/data/default/objects"
KEY = f"{CLUSTER_NAME}-objects"
ROLE = f"auth/{CLUSTER_NAME}/role/default"


@pytest.fixture(scope="module")
def ciphertext(product: Product) -> Iterator[str]:
    """Return `decrypted` encrypted with a key of the role, and write the secrets of this module."""
    product.vault.put_secret(OWN, user="me", password="p:w", bytes=encoded(b"\xff\x00"))
    product.vault.write(f"sys/mounts/{KEY}", {"type": "transit"})
    product.vault.write(f"{KEY}/keys/shop", {})
    answer = product.vault.request("POST", f"{KEY}/encrypt/shop", {"plaintext": encoded(b"decrypted")})
    product.vault.policy(KEY, f'path "{KEY}/decrypt/shop" {{ capabilities = ["update"] }}')
    own = product.vault.read(ROLE)
    product.vault.write(ROLE, {**own, "token_policies": [*own["token_policies"], KEY]})
    yield answer["data"]["ciphertext"]
    product.vault.write(ROLE, own)


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def create(product: Product, kind: str, content: dict[str, Any], **annotated: str) -> dict[str, bytes]:
    """Return the decoded data of the object as the API server would store it."""
    named = annotations("default", vault_serviceaccount="default", **annotated)
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"generateName": "o-", "annotations": named}}
    path = f"/api/v1/namespaces/default/{kind.lower()}s?dryRun=All"
    stored = product.cluster.request("POST", path, {**manifest, **content})
    texts = stored.get("data", {}) if kind == "ConfigMap" else {}
    binary = stored.get("binaryData", {}) if kind == "ConfigMap" else stored["data"]
    return {
        **{key: text.encode() for key, text in texts.items()},
        **{key: base64.b64decode(text) for key, text in binary.items()},
    }


@pytest.mark.usefixtures("ciphertext")
def test_values_of_a_secret_are_bytes(product: Product) -> None:
    around = b"\xff ${vault:" + OWN.encode() + b"#user} \xfe"
    data = {"plain": encoded(b"\xff\xfe"), "around": encoded(around)}
    texts = {"one": f"vault:{OWN}#user", "two": f"${{vault:{OWN}#user}}:${{vault:{OWN}#password}}"}
    assert create(product, "Secret", {"data": data, "stringData": texts}) == {
        "plain": b"\xff\xfe",
        "around": b"\xff me \xfe",
        "one": b"me",
        "two": b"me:p:w",
    }


@pytest.mark.usefixtures("ciphertext")
def test_a_pull_secret_gets_user_and_password_and_its_other_fields_stay(product: Product) -> None:
    auth = encoded(f"vault:{OWN}#user:vault:{OWN}#password".encode())
    other = {"credHelpers": {"x": "y"}}
    auths = {"r.example.com": {"auth": auth, "email": "e"}, "plain": {"auth": encoded(b"u:p")}}
    content = {"stringData": {".dockerconfigjson": json.dumps({"auths": auths, **other})}}
    stored = create(product, "Secret", {"type": "kubernetes.io/dockerconfigjson", **content})
    auths["r.example.com"]["auth"] = encoded(b"me:p:w")
    assert json.loads(stored[".dockerconfigjson"]) == {"auths": auths, **other}


@pytest.mark.usefixtures("ciphertext")
def test_a_pull_secret_of_the_older_form_gets_user_and_password(product: Product) -> None:
    auth = encoded(f"vault:{OWN}#user:vault:{OWN}#password".encode())
    content = {"stringData": {".dockercfg": json.dumps({"r.example.com": {"auth": auth}})}}
    stored = create(product, "Secret", {"type": "kubernetes.io/dockercfg", **content})
    assert json.loads(stored[".dockercfg"]) == {"r.example.com": {"auth": encoded(b"me:p:w")}}


def test_ciphertexts_of_a_secret_are_decrypted(product: Product, ciphertext: str) -> None:
    texts = {"alone": ciphertext, "around": f"x ${{{ciphertext}}} y"}
    named = {"transit_key_id": "shop", "transit_path": KEY}
    assert create(product, "Secret", {"stringData": texts}, **named) == {
        "alone": b"decrypted",
        "around": b"x decrypted y",
    }


@pytest.mark.usefixtures("ciphertext")
def test_binary_data_of_a_config_map_is_decoded_from_base64_in_vault(product: Product) -> None:
    binary = {"bytes": encoded(f"vault:{OWN}#bytes".encode()), "plain": encoded(b"\xff")}
    content = {"data": {"text": f"vault:{OWN}#user"}, "binaryData": binary}
    assert create(product, "ConfigMap", content) == {"text": b"me", "bytes": b"\xff\x00", "plain": b"\xff"}


@pytest.mark.usefixtures("ciphertext")
def test_an_ignored_missing_path_keeps_its_reference(product: Product) -> None:
    texts = {"gone": f"vault:{OWN}/gone#user", "there": f"vault:{OWN}#user"}
    stored = create(product, "Secret", {"stringData": texts}, vault_ignore_missing_secrets="true")
    assert stored == {"gone": texts["gone"].encode(), "there": b"me"}


def test_a_pod_with_only_a_ciphertext_sees_the_decrypted_text(product: Product, ciphertext: str) -> None:
    container = {"name": "app", "image": "busybox", "command": ["printenv", "PASSWORD"]}
    env = [{"name": "PASSWORD", "value": ciphertext}]
    named = annotations("default", transit_key_id="shop", transit_path=KEY)
    template = {"metadata": {"annotations": named}, "spec": {"containers": [{**container, "env": env}]}}
    done = product.run(product.create_pod("default", template))
    assert (done.stdout, done.returncode) == ("decrypted\n", 0), done.stderr


def test_a_pod_with_nothing_but_vault_login_sees_its_token(product: Product) -> None:
    container = {"name": "app", "image": "busybox", "command": ["printenv", "VAULT_TOKEN"]}
    env = [{"name": "VAULT_TOKEN", "value": "vault:login"}]
    template = {
        "metadata": {"annotations": annotations("default")},
        "spec": {"containers": [{**container, "env": env}]},
    }
    done = product.run(product.create_pod("default", template))
    assert done.stdout.startswith("hvs."), done.stderr


DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "databases.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Database", "plural": "databases"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                        },
                    }
                },
            }
        ],
    },
}


def define_databases(product: Product) -> None:
    """Define the kind of custom objects that the product's webhook is registered for."""
    product.cluster.apply(json.dumps(DEFINITION))
    product.cluster.kubectl("wait", "--for=condition=Established", "crd/databases.example.com")


@pytest.mark.usefixtures("ciphertext")
def test_a_custom_object_gets_its_values_in_maps_and_lists(product: Product) -> None:
    define_databases(product)
    named = annotations("default", vault_serviceaccount="default")
    spec = {
        "users": [{"name": "plain", "password": f"vault:{OWN}#password"}],
        "url": f"x ${{vault:{OWN}#user}}",
    }
    body = {
        "apiVersion": "example.com/v1",
        "kind": "Database",
        "metadata": {"generateName": "o-", "annotations": named},
        "spec": spec,
    }
    path = "/apis/example.com/v1/namespaces/default/databases?dryRun=All"
    stored = product.cluster.request("POST", path, body)
    assert stored["spec"] == {"users": [{"name": "plain", "password": "p:w"}], "url": "x me"}


@pytest.mark.usefixtures("ciphertext")
def test_two_hundred_references_cost_one_login_and_one_read_of_each_path(
    product: Product, tmp_path: Path
) -> None:
    product.vault.put_secret(f"{OWN}/second", key="of-second")
    texts = {f"k{at}": f"vault:{OWN}#user" if at % 2 else f"vault:{OWN}/second#key" for at in range(200)}
    with product.vault.counted(tmp_path) as requests:
        stored = create(product, "Secret", {"stringData": texts})
    assert set(stored.values()) == {b"me", b"of-second"}
    assert requests.pop("auth/token/revoke-self") == 1
    assert requests == {f"auth/{CLUSTER_NAME}/login": 1, OWN: 1, f"{OWN}/second": 1}
