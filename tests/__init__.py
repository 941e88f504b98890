"""Tests mirror the sources; `tests/servers` holds the real servers that they run against."""
