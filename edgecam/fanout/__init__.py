"""One producer, any number of viewers. In comes one run of packets, out goes a copy of each
reference to every subscription.

Knows nothing of codecs or networks. The producer (camera and encoder) runs only while somebody
subscribes, in a thread of its own. A slow subscriber loses pictures, counted, and harms nobody
else. Kept apart: which packets a subscriber gets (``subscription``), when a keyframe may be asked
for (``keyframes``), and running the producer (``fanout``).
"""
