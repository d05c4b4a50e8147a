"""iMIS' JSON to records. Pure: bytes and a context in, frozen records out; a recorded page is its test."""
