"""Roles are templates over the object's own facts."""

import pytest

from webhook.config.role import render_role

FIELDS = {"namespace": "shop", "serviceaccount": "app"}


@pytest.mark.parametrize(
    ("role", "rendered"),
    [
        ("", ""),
        ("static", "static"),
        ("{{ .namespace }}", "shop"),
        ("{{.namespace}}-{{ .serviceaccount }}", "shop-app"),
        ("{{- .namespace -}}", "shop"),
    ],
)
def test_fields_are_replaced(role: str, rendered: str) -> None:
    assert render_role(role, FIELDS) == (rendered, "")


@pytest.mark.parametrize(
    "role", ["{{ .nosuch }}", "{{ namespace }}", "{{ .namespace", "{{ .namespace | upper }}"]
)
def test_anything_else_in_braces_is_refused(role: str) -> None:
    text, problem = render_role(role, FIELDS)
    assert text == role
    assert problem.startswith((repr(role), f"{role} is no field"))
