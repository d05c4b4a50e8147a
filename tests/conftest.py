"""Fixtures for every test. Tests run on the embedded PostgreSQL and Redis."""
