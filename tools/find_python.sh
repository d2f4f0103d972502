#!/bin/sh
# Prints the path of a Python that can make .venv, or says in one sentence why none can.
#     sh tools/find_python.sh           the first that fits, else what uv finds or brings
#     sh tools/find_python.sh PYTHON    this one, if it fits
tools=$(dirname "$0")
# Newest first. What is supported stands in pyproject.toml alone.
versions=$(sed -n 's/.*"Programming Language :: Python :: \(3\.[0-9]*\)".*/\1/p' \
    "$tools/../pyproject.toml" | sort -t. -k2,2rn)
found=

try() { # Prints the path of the Python $1 and ends, if it fits.
    path=$(command -v "$1") || return
    # A shim that leads nowhere is no Python.
    answer=$("$path" "$tools/check_python.py" $versions 2>/dev/null) || return
    if [ -z "$answer" ]; then echo "$path"; exit; fi
    found="$found${found:+; }$1 is $answer"
}

if [ -n "$1" ]; then
    try "$1"
    found=${found:-"$1 does not run"}
else
    for version in $versions; do try "python$version"; done
    try python3
    if command -v uv >/dev/null; then
        for version in $versions; do
            there=$(uv python find --no-project "$version" 2>/dev/null) && try "$there"
        done
        newest=$(echo "$versions" | head -n 1)
        uv python install --quiet "$newest" >&2 &&
            try "$(uv python find --no-project "$newest")"
    fi
fi
echo "Python $(echo $versions | sed 's/ /, /g; s/\(.*\), /\1 or /') is needed, and" \
    "${found:-none was found}; name one with make PYTHON=/path/to/python" >&2
exit 1
