"""The way to a call: ``docs/signaling.md`` in code, both sides of it.

The server (``server``, deciding by ``calls``) keeps offers until a viewer comes and relays. The
caller (``caller``) keeps offers standing there and runs the call each becomes. They share the
parser of messages (``messages``) and nothing else: between them is a socket.
"""
