"""Serving: gunicorn, TLS, HTTP requests, the WSGI application, and Events."""
