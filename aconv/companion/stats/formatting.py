"""Estimates as text: a number with its sign, and the interval around it."""


def format_signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign; what rounds to zero is never negative."""
    return f"{value:+z.{digits}f}"


def format_interval(low: float, high: float, digits: int = 2) -> str:
    """Write an interval in brackets, its ends with their signs."""
    return f"[{format_signed(low, digits)}, {format_signed(high, digits)}]"


def format_estimate(value: float, low: float, high: float, digits: int = 2) -> str:
    """Write an estimate, and its interval in brackets."""
    return f"{format_signed(value, digits)} {format_interval(low, high, digits)}"


def format_span(low: str, high: str) -> str:
    """Write "LOW to HIGH", or one text if both are the same."""
    return low if low == high else f"{low} to {high}"


def format_range(low: float, high: float, digits: int = 2) -> str:
    """Write "between LOW and HIGH", or one number if at these decimals both are it."""
    first, last = (f"{value:z.{digits}f}" for value in (low, high))
    return first if first == last else f"between {first} and {last}"
