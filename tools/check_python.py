"""Prints why this project cannot be made with a Python, and nothing where it can.

``PYTHON check_python.py 3.11 3.12 ...``, with the versions that fit. Whatever
``python3`` is runs this, so its syntax is that of Python 3.7.
"""

from __future__ import annotations

import importlib.util
import platform
import sys

# Where TensorFlow has wheels: system, processor.
_MACHINES = {
    ("Linux", "x86_64"),
    ("Linux", "aarch64"),
    ("Darwin", "arm64"),
    ("Windows", "AMD64"),
}
_GLIBC = (2, 27)


def problem(
    versions: list[str],
    version: str,
    system: str,
    machine: str,
    libc: tuple[str, str],
    has_pip: bool = True,
) -> str:
    """Return why a Python does not fit, and an empty text where it does.

    ``versions`` are those that fit, ``version`` is its own, both as "3.11" or longer;
    ``libc`` is as of ``platform.libc_ver``.
    """
    if ".".join(version.split(".")[:2]) not in versions:
        return version
    if (system, machine) not in _MACHINES:
        place = "{} {}".format({"Darwin": "macOS"}.get(system, system), machine)
        return f"{version} for {place}, where TensorFlow has no wheels"
    if system == "Linux":
        name, number = libc
        known = [int(part) for part in number.split(".") if part.isdigit()]
        if name != "glibc" or tuple(known) < _GLIBC:
            there = f"glibc {number}" if name == "glibc" else "no glibc"
            return f"{version} with {there}, and TensorFlow needs glibc 2.27"
    if not has_pip:
        return f"{version} without ensurepip (Debian's package python3-venv has it)"
    return ""


if __name__ == "__main__":
    print(
        problem(
            sys.argv[1:],
            platform.python_version(),
            platform.system(),
            platform.machine(),
            platform.libc_ver(),
            importlib.util.find_spec("ensurepip") is not None,
        )
    )
