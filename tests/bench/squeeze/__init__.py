"""A viewer on a link that holds half of what the stream takes, beside one that holds all of it."""
