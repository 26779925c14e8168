"""Who may do what: accounts, the sessions, links and tokens that come of them, and a log of it.

In comes a secret that somebody shows, out goes a ``Pass`` with a role, or nothing. Knows nothing of
HTTP, sockets or calls.
"""
