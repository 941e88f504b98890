"""Nodes in the rows of a Table."""

from vaultkube.apiserver.nodes import nodes_of

METADATA = {"name": "a", "labels": {"pool": "x"}}


def test_columns_are_found_by_their_names() -> None:
    columns = [{"name": "Container-Runtime"}, {"name": "Name"}, {"name": "Version"}]
    row = {"cells": ["cri-o://1.35.0", "a", "v1.35.1"], "object": {"metadata": METADATA}}
    (found,) = nodes_of({"columnDefinitions": columns, "rows": [row]})
    assert found == {
        "metadata": METADATA,
        "status": {"nodeInfo": {"kubeletVersion": "v1.35.1", "containerRuntimeVersion": "cri-o://1.35.0"}},
    }


def test_a_missing_column_or_field_is_left_out() -> None:
    row = {"cells": ["v1", 3], "object": {"metadata": METADATA}}
    (found,) = nodes_of({"columnDefinitions": [{"name": "Age"}, {"name": "Version"}], "rows": [row]})
    assert found == {"metadata": METADATA, "status": {"nodeInfo": {}}}
    assert list(nodes_of({"rows": [{}]})) == [{"metadata": {}, "status": {"nodeInfo": {}}}]
    assert not list(nodes_of({}))
