"""consul-template's language (https://github.com/hashicorp/consul-template/blob/main/docs/templating-language.md), of
`{{ … }}`, on the same evaluator: its functions, what a template must know of Vault, its analysis before it runs, and
the variables in its output."""
