"""What people type on the pages of retention, one module per page."""
