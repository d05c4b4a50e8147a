"""People and their rights: the list, changes by one or two, invitations, leaving, the review."""
