"""What somebody asked Snakemake for, and what they may have meant."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path


def unknown_targets(
    arguments: Sequence[str], makes: Callable[[str], bool], there_is: Callable[[], Sequence[str]]
) -> str:
    """Return a line for each target of a command line that nothing makes, with the nearest ones.

    Parameters
    ----------
    arguments
        Of Snakemake.
    makes
        Tells whether there is such a target.
    there_is
        Returns what can be asked for; called if one is unknown.
    """
    from snakemake.cli import get_argument_parser

    # Values of options are among these; only who knows all options can tell.
    if all(word.startswith("-") or makes(word) for word in arguments):
        return ""
    targets = get_argument_parser().parse_known_args(arguments)[0].targets
    lines = []
    for target in targets:
        if not makes(target):
            near = _near(target, there_is())
            hint = (
                f"near are {', '.join(near)}" if near else "results/README.md lists what there is"
            )
            if Path(target).is_file():
                hint = f"it was made with another config, to be named again (--configfile); {hint}"
            lines.append(f"{target}: nothing makes it; {hint}")
    return "\n  ".join(lines)


def _near(target: str, known: Sequence[str]) -> list[str]:
    """Return up to three of what there is: paths that it is a part of, or else what is like it."""
    part = f"/{target.strip('/')}/"
    whole = [one for one in known if part in f"/{one}/"]
    return whole[:3] or get_close_matches(target, known, n=3)
