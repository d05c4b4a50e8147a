"""The one rule language: a typed tree, its words in English, its compilation to one query. No tables."""
