"""The page in real browsers, on a real node."""
