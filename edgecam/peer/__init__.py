"""One viewer's WebRTC connection: the offer, the answer, the candidates and the tracks between.

In come packets from the fan-outs; out go RTP to one viewer and an offer with its candidates to
whoever signals. What a viewer sends goes to the device's loudspeaker and screen, if it may. Knows
nothing of sockets or pages. What it takes of aiortc's private parts is in ``aiortc_internals`` and
``aiortc_receiving`` alone.
"""
