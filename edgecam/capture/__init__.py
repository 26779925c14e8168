"""Cameras and microphones. Out of here come pictures and sounds stamped by the capture clock.

Knows nothing of codecs, viewers or networks. A driver is a name in a table (``source``), imported
when it is selected.
"""
