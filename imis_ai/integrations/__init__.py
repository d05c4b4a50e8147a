"""Other systems: API clients, what they may read, what is told to them, what they take along."""
