"""consul-template's language, `{{ … }}`: its functions, the needs of a template, its analysis, the variables in its
output.

`template` parses and renders, `needs` and `answers` are the questions to Vault and its answers, `analysis` is for
admission, `environment` parses KEY=VALUE lines. No code here uses files, the environment, the network or the clock.
"""
