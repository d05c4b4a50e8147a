"""Pages of retention, one module per page."""
