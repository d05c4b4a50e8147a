"""Comparisons with a control group: planned, drawn, kept, read. Callers name the modules."""
