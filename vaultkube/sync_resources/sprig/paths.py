"""Paths with slashes: Go's package path, and path/filepath as on Linux (https://pkg.go.dev/path)."""

from vaultenv.template.functions import Function, table


def _clean(path: str) -> str:
    parts: list[str] = []
    is_absolute = path.startswith("/")
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") and not (part == ".." and is_absolute):
            parts.append(part)
    return "/" * is_absolute + "/".join(parts) or "."


def _base(path: str) -> str:
    return (path.rstrip("/").rpartition("/")[2] or "/") if path else "."


def _dir(path: str) -> str:
    return _clean(path[: path.rfind("/") + 1])


def _ext(path: str) -> str:
    _, point, after = path.rpartition("/")[2].rpartition(".")
    return point + after if point else ""


def _is_absolute(path: str) -> bool:
    return path.startswith("/")


_PATHS: dict[str, Function] = table(
    {
        "base": (_base, "s"),
        "clean": (_clean, "t"),
        "dir": (_dir, "t"),
        "ext": (_ext, "s"),
        "isAbs": (_is_absolute, "s"),
    }
)
PATHS: dict[str, Function] = {
    **_PATHS,
    **{f"os{name[0].upper()}{name[1:]}": function for name, function in _PATHS.items()},
}
