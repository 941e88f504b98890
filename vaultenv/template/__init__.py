"""The template language of Go's text/template (https://pkg.go.dev/text/template), with two function tables.

Templates have no access to files, the environment, the network or processes; steps and output are limited.
"""
