"""The door: HTTPS, sessions and the page.

In comes a browser, out goes the page and the way to the signaling server. Knows nothing of
pictures. Everything but a health answer and the one-time link needs a session.
"""
