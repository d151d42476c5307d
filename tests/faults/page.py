"""Write docs/faults.md: what was done to scripts and plans, how often, and what came of it."""

from collections import Counter

from campaign import TABLE, Fault, recorded

PAGE = TABLE.with_suffix(".md")
HEAD = """# What was done to it, and what came of it

[faults.csv](faults.csv) has a line for each fault: what was at work, the fault, when it came, the
seed that repeats it, the outcome, how often the command was given again, what was done twice, and
how many files were left behind. `make faults` goes on where the table stops and writes this page.
The plan is real and small ([tests/faults/faults.yaml](../tests/faults/faults.yaml)): its model has
few weights, its trainer and its engine are those of every plan, on a CPU.

`equal` means: at no moment stood anything but a whole artifact under its name, and in the end all
data was as in a run that nothing disturbed. Anything else is a defect.
"""
SCRIPTS = """## Scripts

A shim between a script and the system ([tests/faults/shim.c](../tests/faults/shim.c)) counts
writes, renames, links and syncs of files below `results/`, of whatever library. At each of them in
turn, or at a few drawn by the seed where there are many, the process is killed with half of a
write done (`kill`), gets an error of the disk (`fail`), or finds the disk full from then on
(`full`). Then the script runs again. Killed, a script leaves the hidden file or folder that it
was at (`.NAME.PROCESS.part`), which nothing reads.

Rules that load a trainer or an engine have few faults each. Personas are written by the model of
random weights: what it says is refused and asked for again until, by chance, it passes. Weights are
released in a copy of the plan, for without them it could not be made again. A hub on the loopback
device stands for the real one. `its.config` (`make schema`) and `pin.py` (`make pin`) are called by
people and write below `config/`, so there the shim counts. The rule `preflight` prints, and writes
nothing.
"""
PLANS = """## Plans

Something happens while Snakemake makes a part of the plan anew, at a moment drawn by the seed: once
so many states or shards are whole, or after a share of the time that the part takes. Then what its
message asks for is done (`snakemake --unlock`, a damaged file deleted), and the command is given
once more. `terminal` is Snakemake with all its jobs, as Ctrl-C reaches them; `job` is the process
that a rule started, `child` one that the job started: torchrun's, or the engine's.

What was put in place a second time is counted by the shim: states of a training (it saves one after
each step), shards of a generation, files of everything else. More than one state or one shard would
be a defect. What was under way when the end came, part of one shard or the steps since the last
state, was not whole and is done again as well. The training keeps two states here (`keep_states`):
with one, as it does by default, a state that the disk loses after it was whole costs all steps.
"""
FOUND = """## What it found

Defects that these faults, or writing them, brought to light, mended since:

- A training under `nohup` ended with its terminal: torchrun listened to SIGHUP though it was to be
  ignored.
- A terminal closed without `nohup` ended a training at once; now its state is saved first.
- Snakemake was killed, the training went on without it and ended, and the next Snakemake deleted
  the outputs, whose end it had not seen, and trained again: 19 of 19 states were made twice. A copy
  of the outputs, `.finished.json`, lets them be put back where the weights are whole.
- SIGHUP to an engine in a process of its own: it began an orderly exit that never came, and its job
  waited for it. It ends at once now, and its job with an error.
- A job that generates was killed or lost its terminal, and the process of its engine stayed behind,
  as it would with the memory of GPUs. It ends with its job now.
- SIGINT or SIGTERM to an engine in a process of its own, also while it starts: it left in an
  orderly way, and its job waited for it for ever. The job sees it now, and ends.
- A state of a training that could not be written ended it with a traceback of torch; it is one line
  with a way out now.
- `make schema` wrote in place and ended with a traceback where the disk failed it: its files come
  whole now, and what the disk says is one line.
- A temperature above 2 came as far as the engine, which ended with a traceback: the config is
  refused now.
"""


def page(faults: list[Fault]) -> str:
    """Return the page."""
    scripts = [one for one in faults if one.level == "script"]
    plans = [one for one in faults if one.level == "plan"]
    engines = sum(one.what in {"train", "generate"} for one in plans)
    equal = sum(one.outcome == "equal" for one in faults)
    most = max((one.again for one in faults), default=0)
    rules = len({one.what for one in scripts if one.what.isidentifier()})
    counted = (
        f"{len(faults)} faults: {len(scripts)} on the scripts of {rules} rules and on two that "
        f"people call, {len(plans)} on plans at work, {engines} of them while a real trainer or "
        f"engine ran. {equal} ended in equal data, after at most {most} repeated "
        f"command{'s' * (most != 1)}.\n"
    )
    return "\n".join([HEAD, counted, SCRIPTS, _scripts(scripts), PLANS, _plans(plans), FOUND])


def _scripts(faults: list[Fault]) -> str:
    """Return a table with a line for each script."""
    lines = [
        "| script | writes, renames, syncs | killed | failed | full | equal | left |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for what in sorted({one.what for one in faults}):
        mine = [one for one in faults if one.what == what]
        kinds = Counter(one.fault for one in mine)
        equal = sum(one.outcome == "equal" for one in mine)
        writes = max(int(one.at.rpartition(" ")[2]) for one in mine)
        left = max(one.left for one in mine)
        cells = [what, writes, kinds["kill"], kinds["fail"], kinds["full"], equal, left]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


def _plans(faults: list[Fault]) -> str:
    """Return a table with a line for each fault."""
    lines = [
        "| fault | part | when | seed | outcome | again | twice, and by hand |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in sorted(faults, key=lambda one: (one.fault, one.what)):
        cells = [one.fault, one.what, one.at, one.seed, one.outcome, one.again, one.repeated]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(recorded()), encoding="utf-8")


if __name__ == "__main__":
    main()
