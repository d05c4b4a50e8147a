"""The CSV archive, a folder or zip of exports: opening, checking and reading it. No database here."""
