"""What rows of a pool must pass: a file a filter, with its settings and what it does."""
