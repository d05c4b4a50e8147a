"""Pages of governance, one module per noun."""
