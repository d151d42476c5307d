#!/usr/bin/env bash
# Make .venv hold what envs/cpu.lock says. Usage: envs/install.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."

exec 9< envs/cpu.lock
flock --nonblock 9 || { echo "Waiting for another installation into .venv"; flock 9; }

# The commands in .venv hold its path, so a checkout that was moved needs a new one.
wanted="$(sha256sum envs/cpu.lock) in $PWD"
[[ "$(cat .venv/installed 2> /dev/null)" != "$wanted" ]] || exit 0

# Another checkout's, perhaps at work: it would be emptied.
[[ ! -L .venv ]] || { echo "error: .venv is a link to $(readlink .venv), which holds no such environment; remove the link" >&2; exit 1; }

PATH="${PATH//"$PWD/.venv/bin:"/}"
python=""
found=""
for candidate in ${1:-python3.11 python3}; do
    if ! path="$(command -v "$candidate")"; then
        found+="; no $candidate"
    elif reason="$("$path" envs/check_python.py 2>&1)" && [[ -z "$reason" ]]; then
        python="$path"
        break
    else
        found+="; $path ${reason%%$'\n'*}"
    fi
done
if [[ -z "$python" ]]; then
    echo "error: no Python suits. Expected: CPython 3.11 on x86-64 Linux, with venv, its headers, a C" \
        "and a C++ compiler. Found:${found#;}. Mend that, or name another: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi

echo "Installing $(grep -c '^[a-z].*==' envs/cpu.lock) packages into .venv with $python"
"$python" -m venv --clear .venv
pip=(.venv/bin/python -m pip --disable-pip-version-check install)
pip+=(--no-deps --require-hashes --no-build-isolation --no-warn-script-location)
# What builds the source packages comes first. So does torch, as PyPI has no CPU build of it:
# where the configured indexes have none, PyTorch's own has.
awk '/^[^ ]/ {first = /^(pip|setuptools|torch|wheel)==/} first' envs/cpu.lock > .venv/first.txt
"${pip[@]}" --requirement .venv/first.txt || {
    echo "Trying again with PyTorch's own index"
    "${pip[@]}" --requirement .venv/first.txt --extra-index-url https://download.pytorch.org/whl/cpu
}
"${pip[@]}" --requirement envs/cpu.lock
echo "$wanted" > .venv/installed
echo "Installed .venv in $SECONDS s"
