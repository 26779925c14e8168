"""The H.264 encoder of a device, by V4L2's memory-to-memory queues."""
