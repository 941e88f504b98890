"""The wire: TypedDicts of the Kubernetes documents that servers read and write, with Kubernetes' own names. Pure.

They have the fields that this code looks at; documents keep all others. They are promises of the API server, not checks:
a field can be absent or null, so it is read with `get`, and what a stranger may have written is read as `Mapping[str, object]`.
Documents are shared: a change is made in a copy, of the changed parts only.
"""
