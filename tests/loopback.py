"""A hub on the loopback device: the paths and headers of the real one, a few repositories, faults.

It answers what `huggingface_hub` asks when it looks up a repository, lists a revision and downloads
files. Large files are handed out by a second server, as the real hub's storage does.
"""

import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, quote, unquote, urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"
ASKED = re.compile(
    r"/api/(?P<kind>model|dataset)s/(?P<name>[^/]+/[^/]+)"
    r"(/(?P<what>revision|tree)/(?P<revision>[^/]+))?"
)
RESOLVED = re.compile(
    r"/(?P<kind>datasets/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)"
)
LARGE = (".safetensors", ".parquet")
"""Files that the hub knows by their sha256 and that its storage holds."""


@dataclass
class Repository:
    """What is published under a name."""

    files: dict[str, bytes]
    gated: bool = False
    revision: str = REVISION


@dataclass
class Request:
    """One request, and how many bytes of a file went out for it."""

    method: str
    path: str
    headers: dict[str, str]
    server: str
    sent: int = 0


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of that method whose path ends like this."""

    method: str
    end: str
    status: int = 0
    """Answer that."""
    after: int = 0
    """Otherwise close the connection after so many bytes of the file,"""
    reset: bool = False
    """in the way that a firewall does."""
    content: bytes = b""
    """Otherwise send these bytes instead of the file's."""
    times: int = 1


@dataclass
class Hub:
    """The hub while it runs, and what it was asked."""

    models: dict[str, Repository] = field(default_factory=dict)
    datasets: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    page: int = 1000
    """Entries of one page of a listing."""
    endpoint: str = ""
    storage: str = ""
    lock: Lock = field(default_factory=Lock)

    def asked(self, method: str, end: str = "") -> list[Request]:
        """List the requests of a method whose path ends like this."""
        return [one for one in self.requests if one.method == method and one.path.endswith(end)]

    def fault(self, method: str, path: str) -> Fault | None:
        """Return what is to go wrong with this request."""
        with self.lock:
            for one in self.faults:
                if one.times and one.method == method and path.endswith(one.end):
                    one.times -= 1
                    return one
        return None


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run a hub and its storage, on ports that are free."""
    servers = {}
    for name in ["hub", "storage"]:
        handler = type("Handler", (Answer,), {"hub": hub, "server_name": name})
        servers[name] = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=servers[name].serve_forever, kwargs={"poll_interval": 0.05}).start()
    hub.endpoint, hub.storage = (f"http://127.0.0.1:{one.server_port}" for one in servers.values())
    try:
        yield hub
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


def blob_id(content: bytes) -> str:
    """Return the name that git gives to a file's content."""
    return sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Answer(BaseHTTPRequestHandler):
    """Answer one request of the client."""

    protocol_version = "HTTP/1.1"
    hub: Hub
    server_name: str

    def do_GET(self) -> None:  # noqa: N802
        """Answer with a listing or with a file."""
        self.answer()

    def do_HEAD(self) -> None:  # noqa: N802
        """Answer with the headers of a file."""
        self.answer()

    def answer(self) -> None:
        """Find what is asked for, unless something is to go wrong."""
        url = urlsplit(self.path)
        path = unquote(url.path)
        self.request_seen = Request(self.command, path, dict(self.headers), self.server_name)
        self.hub.requests.append(self.request_seen)
        fault = self.hub.fault(self.command, path)
        if fault and fault.status:
            return self.refuse(fault.status, "", "out of order")
        if self.server_name == "storage":
            kind, name, file = path.strip("/").split("|", 2)
            return self.give(getattr(self.hub, kind)[name].files[file], {}, fault)
        if found := RESOLVED.fullmatch(path):
            return self.resolve(found, fault)
        if found := ASKED.fullmatch(path):
            return self.describe(found, url.query)
        return self.refuse(404, "", "no such page")

    def repository(self, kind: str, name: str, revision: str | None) -> Repository | None:
        """Return a repository at a revision, or answer that there is none."""
        found = getattr(self.hub, kind).get(name)
        if found is None:
            self.refuse(404 if self.token() else 401, "RepoNotFound", "Repository not found")
        elif revision not in {None, "main", found.revision}:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return found
        return None

    def token(self) -> str | None:
        """Return what the client presents itself with."""
        return self.headers.get("Authorization")

    def describe(self, found: re.Match, query: str) -> None:
        """Say which revision a repository stands at, or list its files."""
        kind, name = f"{found['kind']}s", found["name"]
        repository = self.repository(kind, name, found["revision"])
        if repository is None:
            return
        if found["what"] != "tree":
            self.json({"id": name, "sha": repository.revision, "siblings": [], "tags": []})
            return
        entries = [self.entry(path, content) for path, content in repository.files.items()]
        folders = {path.rpartition("/")[0] for path in repository.files} - {""}
        entries += [{"type": "directory", "oid": "0" * 40, "size": 0, "path": f} for f in folders]
        start = int(parse_qs(query).get("cursor", ["0"])[0])
        stop = start + self.hub.page
        more = f"{self.hub.endpoint}{self.path.partition('?')[0]}?recursive=true&cursor={stop}"
        link = {"Link": f'<{more}>; rel="next"'} if stop < len(entries) else {}
        self.json(entries[start:stop], link)

    def entry(self, path: str, content: bytes) -> dict:
        """Return what a listing says of a file."""
        entry = {"type": "file", "oid": blob_id(content), "size": len(content), "path": path}
        if path.endswith(LARGE):
            lfs = {"oid": sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
            entry["lfs"] = lfs
        return entry

    def resolve(self, found: re.Match, fault: Fault | None) -> None:
        """Give a file, or say where the storage has it."""
        kind, name, file = "datasets" if found["kind"] else "models", found["name"], found["file"]
        repository = self.repository(kind, name, found["revision"])
        if repository is None:
            return
        if repository.gated:
            status = 403 if self.token() else 401
            self.refuse(status, "GatedRepo", "Access to this repository is restricted")
        elif file not in repository.files:
            self.refuse(404, "EntryNotFound", "Entry not found")
        else:
            content = repository.files[file]
            headers = {"X-Repo-Commit": repository.revision, "Accept-Ranges": "bytes"}
            if not file.endswith(LARGE):
                self.give(content, headers | {"ETag": f'"{blob_id(content)}"'}, fault)
                return
            self.send_response(302)
            place = f"{self.hub.storage}/{kind}%7C{quote(name)}%7C{quote(file)}?Signature=s3cr3t"
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("X-Linked-Etag", f'"{sha256(content).hexdigest()}"')
            self.send_header("X-Linked-Size", str(len(content)))
            self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def give(self, content: bytes, headers: dict[str, str], fault: Fault | None) -> None:
        """Send a file, or the part of it that is asked for."""
        if fault and fault.content:
            content = fault.content
        start = int(re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[1])
        self.send_response(206 if start else 200)
        for header, value in headers.items():
            self.send_header(header, value)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command == "GET":
            part = content[start:]
            if fault and fault.after:
                part = part[: fault.after]
                self.close_connection = True
            self.wfile.write(part)
            self.request_seen.sent = len(part)
            if fault and fault.reset:
                self.wfile.flush()
                linger = struct.pack("ii", 1, 0)  # closing sends a reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

    def json(self, value: object, headers: dict[str, str] | None = None) -> None:
        """Send JSON."""
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for header, text in (headers or {}).items():
            self.send_header(header, text)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def refuse(self, status: int, code: str, message: str) -> None:
        """Send an error in the hub's way; like a careless one, tell the token as well."""
        body = json.dumps({"error": f"{message} ({self.token()})"}).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: tests look at the list of requests."""
