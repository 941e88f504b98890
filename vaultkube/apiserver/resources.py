"""Resources of any API group, and their paths at the API server.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from typing import NamedTuple
from urllib.parse import quote

from vaultkube.apiserver.access import Right


class Resource(NamedTuple):
    """The objects of one kind, in a namespace or, without one, in the whole cluster; `group` is empty for the core group."""

    group: str
    version: str
    plural: str
    namespace: str = ""

    def path(self, name: str = "") -> str:
        """Return the path of the object of this name or, without a name, of all objects."""
        start = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        namespace = f"/namespaces/{quote(self.namespace, safe='')}" if self.namespace else ""
        return f"{start}{namespace}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")

    def right(self, verb: str, name: str = "") -> Right:
        """Return the right to use the verb on the object of this name or, without a name, on all objects."""
        return Right(verb, self.plural, self.namespace, name=name, group=self.group)

    def called(self, name: str) -> str:
        """Return the object of this name as messages show it."""
        return f"{self.plural} {self.namespace}/{name}" if self.namespace else f"{self.plural} {name}"
