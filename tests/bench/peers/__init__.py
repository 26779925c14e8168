"""First frame and latency, beside other servers on the same live stream: `make bench-peers`."""
