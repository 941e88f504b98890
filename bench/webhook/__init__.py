"""How fast, how steady and how large the webhook is: `python -m bench.webhook`."""
