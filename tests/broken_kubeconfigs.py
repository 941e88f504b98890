"""Contents of files that are no kubeconfig; some hold the token `s3cr3t`."""

BROKEN = (
    b"users: [{name: c, user: {token: s3cr3t: x}}]",
    b"users: s3cr3t",
    b"a: \xff",
    b"a: 2020-99-99",
    b"a: !!bool s3cr3t",
    b"",
    b"[]",
    b"text",
    b"[",
    b"current-context: a\ncontexts: a",
)
