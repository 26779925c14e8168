"""What takes a kernel of its own: on an emulated machine, booted once for all of it."""
