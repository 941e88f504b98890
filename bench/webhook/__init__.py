"""Measures speed, jitter and memory of the webhook: `python -m bench.webhook`."""
