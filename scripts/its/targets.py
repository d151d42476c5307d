"""What somebody asked Snakemake for, and what they may have meant."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches


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
            near = get_close_matches(target, there_is(), n=3)
            hint = (
                f"near are {', '.join(near)}" if near else "results/README.md lists what there is"
            )
            lines.append(f"{target}: nothing makes it; {hint}")
    return "\n  ".join(lines)
