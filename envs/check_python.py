"""Say in one line what this Python lacks to install `cpu.lock`. Any Python 3 can run this file."""

import importlib.util
import os
import platform
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path


def lacking() -> list:
    """Return what is missing; only what makes the rest pointless where that is."""
    if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
        return [f"is {sys.implementation.name} {platform.python_version()}"]
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return [f"runs on {platform.system()} {platform.machine()}"]
    missing = []
    library, version = platform.libc_ver()
    if library != "glibc" or [int(part) for part in version.split(".")] < [2, 31]:
        missing.append(f"runs on {library or 'an unknown C library'} {version}, not on glibc 2.31")
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        missing.append("has no venv (on Debian: apt install python3.11-venv)")
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        missing.append(f"has no {header} (on Debian: apt install python3.11-dev)")
    # A source package is compiled with CC, DeepSpeed's optimiser on its first run with CXX.
    own = sysconfig.get_config_var("CC") or "cc"
    for command in (os.environ.get("CC", own), os.environ.get("CXX", "c++")):
        if not shutil.which(shlex.split(command)[0]):
            missing.append(f"finds no compiler {command} (on Debian: apt install g++)")
    return missing


if __name__ == "__main__":
    sys.exit(", ".join(lacking()) or None)
