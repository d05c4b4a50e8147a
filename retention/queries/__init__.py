"""Reads of the retention domain."""
