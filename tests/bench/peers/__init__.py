"""First frame and latency, beside other servers that are fed the same live stream."""
