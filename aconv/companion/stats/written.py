"""Estimates as text: a number with its sign, and the interval around it."""


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign; what rounds to zero is never negative.

    Args:
        value: Any number.
        digits: Decimals.

    Returns:
        The number with a plus or a hyphen before it.

    Example:
        >>> signed(-0.5), signed(0.25, 1), signed(-0.001)
        ('-0.50', '+0.2', '+0.00')
    """
    return f"{value:+z.{digits}f}"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Write an interval, its ends with their signs.

    Args:
        low: Lower end.
        high: Upper end.
        digits: Decimals.

    Returns:
        Both ends in brackets.

    Example:
        >>> interval(-0.5, 1.25)
        '[-0.50, +1.25]'
    """
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def estimate(value: float, low: float, high: float, digits: int = 2) -> str:
    """Write an estimate and its interval.

    Args:
        value: The estimate.
        low: Lower end of its interval.
        high: Upper end of its interval.
        digits: Decimals.

    Returns:
        The estimate, and the interval in brackets.

    Example:
        >>> estimate(0.2, -0.5, 0.9, digits=1)
        '+0.2 [-0.5, +0.9]'
    """
    return f"{signed(value, digits)} {interval(low, high, digits)}"


def spanned(low: float, high: float, digits: int = 2) -> str:
    """Write the least and the largest of some numbers.

    Args:
        low: The least.
        high: The largest.
        digits: Decimals.

    Returns:
        Both, or one number if at these decimals they are the same.

    Example:
        >>> spanned(0.91, 1.04), spanned(1.001, 1.003)
        ('between 0.91 and 1.04', '1.00')
    """
    first, last = (f"{value:z.{digits}f}" for value in (low, high))
    return first if first == last else f"between {first} and {last}"
