"""Tests of the template language."""
