"""What a page shows: tables of text, and figures."""
