"""Tests of the launcher; file names follow the sources."""
