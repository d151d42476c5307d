"""Keep what libraries do on their own to this machine."""

import os

HERE = {
    "HF_HUB_OFFLINE": "1",  # names that libraries look up are directories of ours
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GLOO_SOCKET_IFNAME": "lo",
    "NCCL_SOCKET_IFNAME": "lo",
}
"""No hub, no statistics sent, processes that talk where nobody else can listen in."""


def stay_offline() -> None:
    """Set what must be set before torch and the like are imported.

    What is set stays: by a person, or by `its.nodes` for processes on several nodes.
    """
    for name, value in HERE.items():
        os.environ.setdefault(name, value)
