"""The claims of the paper: judged by the chapters, shown on pages."""
