"""Serving: gunicorn, TLS, HTTP requests, the WSGI application, metrics and Events."""
