"""Tables for a warehouse: read-only views under the reader's own limits, and files made from them."""
