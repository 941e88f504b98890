"""Regular expressions of RE2, as Go's package regexp has them (https://pkg.go.dev/regexp/syntax).

No backtracking: time is linear in the text, and charged.
"""
