"""The tests. ``conftest`` has the guards that every test runs under, ``gates`` the house rules."""
