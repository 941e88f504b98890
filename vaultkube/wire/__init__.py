"""The wire: TypedDicts of the Kubernetes documents that servers read and write, with Kubernetes' own names. Pure.

They have only the fields that this code uses; documents retain all others. They are types without a check: a field can
be absent or null, so it is read with `get`, and parts that an untrusted author may have written are read as
`Mapping[str, object]`. Documents are shared: a change copies only the changed parts.
"""
