"""Encoders. In go pictures and sounds, out come access units of H.264 and packets of Opus.

Knows nothing of viewers, sessions or RTP, and does not decide when to run or at what bitrate.
"""
