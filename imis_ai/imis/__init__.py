"""All that knows iMIS' dialect: how to ask, how to read the answers, what everything is called. No tables."""
