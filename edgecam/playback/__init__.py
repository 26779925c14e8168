"""Loudspeakers and screens. In come a viewer's encoded voice and pictures, out go sound and light.

Knows nothing of viewers, sessions or networks. A driver is a name in a table (``sink``), imported
when it is selected; each device is used by one thread of its own.
"""
