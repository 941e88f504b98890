"""Measurements; they print and never fail a build."""
