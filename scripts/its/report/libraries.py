"""Libraries of the browser, as installed Python packages ship them: copied, never committed."""

import json
from importlib.metadata import distribution
from pathlib import Path

from its.files import sha256_of

SHIPPED = {
    "datatables.css": ("itables", "itables/html/dt_bundle.css"),
    "datatables.js": ("itables", "itables/html/dt_bundle.js"),
    "katex.js": ("sphinxcontrib-katex", "sphinxcontrib/katex.min.js"),
    "katex-auto-render.js": ("sphinxcontrib-katex", "sphinxcontrib/auto-render.min.js"),
}
"""What a library is called in the report, the package that ships it, and where: DataTables and
KaTeX, both under the MIT licence, which stands in the files or beside them in the packages."""


def copy_libraries(folder: Path) -> list[str]:
    """Copy all of `SHIPPED` into a folder; return a line on each, with version and hash.

    DataTables comes as a module, which a page opened from a file cannot load; it is written as a
    text that the page makes a module of, as itables does in its own offline pages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, (package, path) in SHIPPED.items():
        shipped = distribution(package)
        source = Path(shipped.locate_file(path))
        text = source.read_text(encoding="utf-8")
        if name == "datatables.js":
            text = f"var datatablesModule={json.dumps(text)};\n"
        (folder / name).write_text(text, encoding="utf-8")
        lines.append(f"{name}: {package} {shipped.version}, sha256 {sha256_of(source)}")
    return lines
