#!/bin/sh
# Prints why .venv in this folder has to be made anew, and nothing where it serves.
#     sh tools/check_venv.sh [PYTHON]    PYTHON is the one that was asked for
tools=$(dirname "$0")
folder=$(cd .venv 2>/dev/null && pwd -P) || { echo missing; exit; }
sh "$tools/find_python.sh" "$folder/bin/python" >/dev/null 2>&1 ||
    { echo unfit; exit; }
# What pip installs has the folder in its first line.
grep -qF -e "=$folder" -e "\"$folder" -e "'$folder" "$folder/bin/activate" ||
    { echo moved; exit; }
minor='import sys; print(*sys.version_info[:2])'
if [ -n "$1" ] && [ "$("$1" -c "$minor" 2>&1)" != "$("$folder/bin/python" -c "$minor")" ]
then echo other; fi
