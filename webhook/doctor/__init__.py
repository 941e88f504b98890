"""The doctor of an installation: facts that the API server tells, and findings made from them.

`gather.py` asks, by dry runs that the webhook itself answers, so that what is found is what its pods see. All else is pure.
"""
