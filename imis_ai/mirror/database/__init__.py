"""The other way in, for an iMIS in the association's own house: its database, read and never written."""
