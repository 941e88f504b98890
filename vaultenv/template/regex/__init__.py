"""Regular expressions of RE2, in the form of Go's package regexp (https://pkg.go.dev/regexp/syntax).

No backtracking: time is linear in the text, and charged.
"""
