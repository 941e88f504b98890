"""The API server as the provider needs it: tokens bound to pods, and the key of the versions."""
