"""docs/vault-env.md, and the lists of functions in pages on templates, from the tables of the launcher."""

from collections.abc import Iterable
from pathlib import Path

from vaultenv.client.logins import METHODS
from vaultenv.start.command_line import HELP
from vaultenv.start.launch import IMPATIENT_S
from vaultenv.variables import VARIABLES, Variable

_START, _END = "<!-- functions -->\n", "<!-- end -->\n"

_HEAD = f"""# vault-env

```text
{HELP}```

It replaces the [references](references.md) in its environment, removes its own variables, and executes the program
in the same process. `--check` needs no program. [Differences from Bank-Vaults](differences.md).

## Exit status

| status | meaning |
| --- | --- |
| 1 | an error of the launcher; one line on standard error says what, where, and what to do |
| 126 | the program exists but cannot be executed |
| 127 | the program was not found, or its interpreter or dynamic loader is missing |
| other | the program's own; in daemon mode 128+n if signal n ended it |

## Variables

Booleans are `true` or `false` (also 1, t, T, TRUE, True and so on), durations are Go's (`1m30s`), days (`2d`) or bare seconds. "Removed"
says when the program does not get the variable; `VAULT_ENV_PASSTHROUGH` lists exceptions. `HTTPS_PROXY`, `HTTP_PROXY`,
`NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR` have the same meaning as for Go programs, and the program gets them too.

"""

_TAIL = f"""
CA certificates: VAULT_CACERT, else VAULT_CACERT_BYTES, else VAULT_CAPATH, else those of the image: the hashed directory
`/etc/ssl/certs` or `/etc/pki/tls/certs`, else the distribution's bundle. In an image without CA certificates the launcher cannot reach
Vault by HTTPS, unless one of the variables (annotation `vault-tls-secret`) provides the certificate.

## Waiting

While Vault is down, sealed, standby or too busy (connection errors, 412, 429, 472, 473, 5xx), the launcher retries login and reads
until VAULT_ENV_TIMEOUT has passed since the start. It pauses a quarter of a second to five seconds, and never longer than half of the
time that is left. No answer of a server can extend this time. A name server that does not answer can, for as long as the C library waits
for it. If a pod must wait longer for a sealed Vault, set a longer VAULT_ENV_TIMEOUT, e.g. `30m`, or `0` to wait without end; with the
default, the kubelet restarts the container every minute. Refusals (400, 403, an untrusted certificate) are final. A
dynamic read or a write is never sent twice, because it could make a second lease.

## Daemon mode

With VAULT_ENV_DAEMON the launcher stays as the program's parent. It passes signals on, reaps orphans as process 1, renews
leases and its token at two thirds of their time, and logs in again when the token cannot be renewed. It does not renew a token from
VAULT_TOKEN_FILE: whoever writes the file, a Vault agent for example, replaces the token, and the launcher
notices that within five seconds. With a new token, it reads the secrets leased with the old one again.

The launcher also reads again

* at 90 % of the time of a lease that Vault renews no more, or of a certificate or an AppRole secret ID without a lease;
* just after the rotation of a static role's password, by a period or a schedule;
* for KV, about every VAULT_ENV_DAEMON_INTERVAL (5 to 15 % earlier).

If the environment has changed, it stops the program with SIGTERM (kills it after VAULT_ENV_DAEMON_GRACE) and starts it anew, or does what
VAULT_ENV_DAEMON_ACTION says. While Vault is down, the program runs on. The templates of
VAULT_ENV_TEMPLATES are rendered again with the new values. A template's write to Vault is repeated when its answer expires.

## Probes, hooks and `kubectl exec`

When vault-env has started a container's first process, a second vault-env in the container reads from Vault first. Where Vault cannot
answer (sealed, standby, unreachable, 5xx: at once; slow: after {IMPATIENT_S} seconds), it reuses the values from the running program's
initial environment, `/proc/1/environ` (in daemon mode its child's), with a warning on standard error. So probes and hooks work during an
outage. A refusal (400, 403, 404) is an answer, and ends the start. With VAULT_ENV_REUSE on the container, the second vault-env sends Vault
no request, unless the program gets the token of a login (`VAULT_TOKEN=vault:login`). The reused values are those of the running program,
even if Vault has newer ones.

To let a second vault-env recognise these values, the first process of a container (process 1; with VAULT_ENV_REUSE any) adds the variable
VAULT_ENV_MARKER to the program's environment, if it resolved anything. It is a digest of all references and names of variables, never of a
value. In any doubt no value is reused: another reference, another user, a process namespace shared by the pod, a program that has
overwritten its title area. The kernel shows that file to the same user and to root only, and they can read the secrets without vault-env
too. The marker reveals no more than the container's specification does.

## Logs

Lines like Go's slog, `time=… level=… msg="…" app=vault-env`, or JSON; all on standard error, never with values or the
program's arguments.
"""


def launcher_page() -> str:
    """Return the text of docs/vault-env.md."""
    rows = [
        f"| `{row.name}` | {row.help} | {f'`{row.default}`' if row.default else ''} | {_removed(row)} |\n"
        for row in VARIABLES
    ]
    methods = [f"| `{name}` | {method.title} | `{method.mount}` |\n" for name, method in METHODS.items()]
    return "".join(
        (
            _HEAD,
            "| variable | meaning | default | removed |\n| --- | --- | --- | --- |\n",
            *rows,
            "\n## Logins\n\nVAULT_PATH names the mount of the method, if it is not the usual one.\n\n",
            "| VAULT_AUTH_METHOD | method | usual mount |\n| --- | --- | --- |\n",
            *methods,
            _TAIL,
        )
    )


def _removed(row: Variable) -> str:
    if not row.methods:
        return row.removed
    return f"if VAULT_AUTH_METHOD is {' or '.join(f'`{method}`' for method in row.methods)}"


def with_functions(path: Path, names: Iterable[str]) -> str:
    """Return the text of a page with the present list of functions."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    after = rest.partition(_END)[2]
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    return f"{before}{_START}{listed}\n{_END}{after}"
