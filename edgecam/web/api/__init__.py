"""What the page's own panel asks for: JSON, each concern a module.

A message is a JSON object by POST; what can't be done is answered 409 with a ``code`` for the page,
which has words for it, and an ``error`` for people. docs/security.md says who may ask what.
"""
