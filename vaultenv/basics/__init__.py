"""Small replacements for standard library modules that a start cannot afford to import.

A start takes a few milliseconds, so it imports C modules (posix, _json, _sha2, _socket, _ssl, ...) where the
standard library's wrappers would cost more than the work itself. Only this package and `client` may do that."""
