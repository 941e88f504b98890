"""Tests of consul-template's language."""
