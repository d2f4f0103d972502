"""The book's chapters: what each computes, shows and judges."""
