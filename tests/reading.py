"""What a page says, whatever the line breaks of its template."""

import re


def html_of(response) -> str:
    """The page with every run of white space as one space, and none where a tag stands alone."""
    return re.sub(r"> <", "><", " ".join(response.content.decode().split()))
