"""consul-template's language, `{{ … }}`: its functions, what a template asks of Vault, its analysis, the variables in its
output.

`template` parses and renders, `needs` and `answers` are what is asked and answered, `analysis` is for admission, `environment`
reads KEY=VALUE lines. Nothing here reaches files, the environment, the network or the clock.
"""
