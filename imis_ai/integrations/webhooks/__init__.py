"""Telling other systems that something happened: which events, what is sent, how, and until when."""
