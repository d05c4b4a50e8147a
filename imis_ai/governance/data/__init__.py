"""What staff say of the data, each with its entry in the audit log."""
