"""edgecam: a camera node that calls whoever opens its page.

The folders are the path a picture takes: capture, encode, fanout, peer, signaling, web. A module
imports only from its own step, from the steps before it, and from the vocabulary below them all:
``media``, ``config``, ``lifecycle``, ``errors``. ``app`` alone puts the steps together.
"""

__version__ = "0.1.0"
