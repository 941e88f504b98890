"""Measurements of the webhook's speed, jitter and memory: `python -m bench.webhook`."""
