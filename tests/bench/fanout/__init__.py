"""What one more viewer costs, beside other servers on the same stream: `make bench-fanout`."""
