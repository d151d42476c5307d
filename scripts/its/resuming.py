"""Let the hub's library go on with a download whose connection was reset.

It goes on where an answer ended too early, but gives up, and keeps nothing, where the connection
was reset, as firewalls and proxies do. So a reset is reported to it as an answer that ended early.
"""

from collections.abc import Iterator

import httpx2
from huggingface_hub.utils import set_client_factory
from huggingface_hub.utils._http import default_client_factory


class _Stream(httpx2.SyncByteStream):
    """The body of an answer."""

    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.stream
        except httpx2.ReadError as error:
            raise httpx2.RemoteProtocolError(str(error)) from error

    def close(self) -> None:
        self.stream.close()


def _watch(response: httpx2.Response) -> None:
    response.stream = _Stream(response.stream)


def _client() -> httpx2.Client:
    client = default_client_factory()
    client.event_hooks["response"].append(_watch)
    return client


def resume_after_resets() -> None:
    """Set the library up, for this process."""
    set_client_factory(_client)
