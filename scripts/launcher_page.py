"""docs/vault-env.md, and the lists of functions in pages on templates, from the tables of the launcher."""

from collections.abc import Iterable
from pathlib import Path

from vaultenv.client.logins import METHODS
from vaultenv.start.command_line import HELP
from vaultenv.start.launch import IMPATIENT_S
from vaultenv.variables import VARIABLES

_START, _END = "<!-- functions -->\n", "<!-- end -->\n"

_HEAD = f"""# vault-env

```text
{HELP}```

It replaces the [references](references.md) in its environment, removes its own variables, and executes the program,
which keeps its process ID. `--check` needs no program. [Differences from Bank-Vaults](differences.md).

## Exit status

| status | meaning |
| --- | --- |
| 1 | an error of the launcher; one line on standard error says what, where, and what to do |
| 126 | the program is there and cannot be executed |
| 127 | the program was not found, or its interpreter or dynamic loader is missing |
| other | the program's own; in daemon mode 128+n if signal n ended it |

## Variables

Booleans are `true` or `false` (also 1, t, T, TRUE, True and so on), durations Go's (`1m30s`) or bare seconds. "Removed"
says when the program does not get the variable; `VAULT_ENV_PASSTHROUGH` lists exceptions. `HTTPS_PROXY`, `HTTP_PROXY`,
`NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR` mean what they mean to Go programs, and are left to the program.

"""

_TAIL = f"""
CA certificates: VAULT_CACERT, else VAULT_CACERT_BYTES, else VAULT_CAPATH, else those of the image: the hashed directory
`/etc/ssl/certs` or `/etc/pki/tls/certs`, else the distribution's bundle. An image without any cannot reach Vault by
HTTPS unless one of the variables (annotation `vault-tls-secret`) brings the certificate.

## Waiting

While Vault is down, sealed, standby or too busy (connection errors, 412, 429, 472, 473, 5xx), login and reads are tried
again with pauses from a quarter of a second to five, and never longer than half of the time that is left, until
VAULT_ENV_TIMEOUT has passed since the start. No server can outlast it, whatever it sends; a name server that does not answer can,
for as long as the C library waits for it. A pod that starts while Vault is sealed for longer needs a longer VAULT_ENV_TIMEOUT, e.g. `30m`, or `0` to wait without end; with the
default, the kubelet restarts the container every minute. Refusals (400, 403, an untrusted certificate) are final. A
dynamic read or a write is never sent twice, because it could make a second lease.

## Daemon mode

With VAULT_ENV_DAEMON the launcher stays as the program's parent. It passes signals on, reaps orphans as process 1, renews
leases and its token at two thirds of their time, and logs in again when the token cannot be renewed. A token that
VAULT_TOKEN_FILE gives is not renewed: whoever writes the file, a Vault agent for example, puts another one there, which
is noticed within five seconds. With a new token, what was leased with the old one is read again. Near the end of a lease
that is not renewed any more, of a certificate or an AppRole secret ID without a lease (90 % of its time), just after the
rotation of a static role's password, and about every VAULT_ENV_DAEMON_INTERVAL (5 to 15 % earlier) for KV, it reads again;
if the environment has become another one, the program is stopped with SIGTERM (killed after VAULT_ENV_DAEMON_GRACE) and
started anew, or what VAULT_ENV_DAEMON_ACTION says. While Vault is down, the program runs on. The templates of
VAULT_ENV_TEMPLATES are rendered again with what was read; what they write to Vault is written again when the answer ends.

## Probes, hooks and `kubectl exec`

A second vault-env in a container whose first process it has started asks Vault first. Where Vault cannot answer (sealed, standby,
unreachable, 5xx: at once; slow: after {IMPATIENT_S} seconds), it takes the values from the running program's initial environment,
`/proc/1/environ` (in daemon mode its child's), with a warning on standard error: an outage does not end what runs. A refusal
(400, 403, 404) is an answer, and ends the start. With VAULT_ENV_REUSE on the container, Vault is not asked at all, unless the
program gets the token of a login (`VAULT_TOKEN=vault:login`). Values are those of the running program, even if Vault has newer ones.

So that a second one knows them, the first process of a container (process 1; with VAULT_ENV_REUSE any) leaves the program one variable
more, VAULT_ENV_MARKER, if anything was resolved: a digest of all references and names of variables, never of a value. Nothing is taken
in any doubt: another reference, another user, a process namespace shared by the pod, a program that has overwritten its title area.
Who can read that file can read the secrets without vault-env too: the kernel shows it to the same user and to root only. The
marker tells no more than the container's specification does.

## Logs

Lines like Go's slog, `time=… level=… msg="…" app=vault-env`, or JSON; all on standard error, never with values or the
program's arguments.
"""


def launcher_page() -> str:
    """Return the text of docs/vault-env.md."""
    rows = [
        f"| `{row.name}` | {row.help} | {f'`{row.default}`' if row.default else ''} | {row.removed} |\n"
        for row in VARIABLES
    ]
    methods = [f"| `{name}` | {method.title} | `{method.mount}` |\n" for name, method in METHODS.items()]
    return "".join(
        (
            _HEAD,
            "| variable | meaning | default | removed |\n| --- | --- | --- | --- |\n",
            *rows,
            "\n## Logins\n\nVAULT_PATH says where the method is mounted, if not at its usual place.\n\n",
            "| VAULT_AUTH_METHOD | method | usual mount |\n| --- | --- | --- |\n",
            *methods,
            _TAIL,
        )
    )


def with_functions(path: Path, names: Iterable[str]) -> str:
    """Return the text of a page with the present list of functions."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    after = rest.partition(_END)[2]
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    return f"{before}{_START}{listed}\n{_END}{after}"
