"""Single pictures for what can't hold a call: the last one, and one after the other, as JPEG."""
