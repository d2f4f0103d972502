"""The book's chapters: what each judges."""
