"""The doctor of an installation: facts from the API server, and findings that are made from them.

`gather.py` sends dry runs that the webhook itself answers, so its facts are the same as those of pods. All else is
pure.
"""
