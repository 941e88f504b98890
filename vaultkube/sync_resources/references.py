"""References from one custom object to another: `name`, or `namespace/name`."""

from typing import Any, NamedTuple

from vaultkube.sync_resources.kinds import REFERENCE_TEXT, Kind, scalar, text

DEFAULT = "default"
"""The name of the default object, which is used without a reference."""


class Reference(NamedTuple):
    """Namespace and name of an object; an empty namespace is that of the object that refers to it."""

    namespace: str
    name: str

    def inside(self, namespace: str) -> "Reference":
        """Return the reference with `namespace`, if it has no namespace of its own."""
        return self if self.namespace else self._replace(namespace=namespace)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def parse_reference(value: str) -> Reference:
    """Return the reference of a text that REFERENCE accepts."""
    namespace, _, name = value.rpartition("/")
    return Reference(namespace, name)


def _kind() -> Kind:
    texts = text("", REFERENCE_TEXT)

    def parse(value: Any) -> Reference:
        problems: list[Any] = []
        if not texts.read(value, (), problems) or problems:
            raise ValueError
        return parse_reference(value)

    # As for NAME: charts write an empty text for a value that is not set.
    schema = {"type": "string", "pattern": f"^$|{REFERENCE_TEXT}"}

    def read_or_none(value: Any) -> Reference | None:
        return None if value == "" else parse(value)

    return scalar("NAME or NAMESPACE/NAME", schema, read_or_none, None)


REFERENCE = _kind()
