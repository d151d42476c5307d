"""What a plan's finished jobs reached on the device they ran on, beside what its price says.

For `make gpu-check`, and for any other plan: `python perf/device.py --configfile config/mine.yaml`.
"""

import argparse
import json
import sys
from pathlib import Path

from measure import merged

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from its.config.experiment import Config, read_config  # noqa: E402
from its.config.recipe import Recipe  # noqa: E402
from its.costs.device import device_of  # noqa: E402
from its.costs.jobs import Lengths  # noqa: E402
from its.costs.measured import finished  # noqa: E402
from its.costs.sizes import forward_flops  # noqa: E402
from its.costs.training import mask_of  # noqa: E402


def training_row(config: Config, record: Path) -> str:
    """Return a row of the first table: how fast a training was, and what part of the best."""
    facts = json.loads(record.read_text())
    name, learner = record.parts[-3:-1]
    model, recipe = config.models[name], Recipe.model_validate(facts["settings"]["recipe"])
    device = device_of(model.train, config.price, model.dtype)
    keys = mask_of(recipe) or facts["tokens"]["longest"] / 2
    needed = 3 * forward_flops(model.shape, keys) * facts["tokens_per_second"]
    memory = facts.get("gpu_memory")
    return (
        f"| {learner} | {facts['device']} | {facts['tokens_per_second']:.0f} "
        f"| {needed / (device.units * device.flops):.2f} "
        f"| {f'{memory / 2**30:.1f} GiB' if memory else '-'} |"
    )


def main() -> None:
    """Print a table of trainings, and one of all jobs beside their price."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", type=Path, nargs="*", default=[])
    parser.add_argument("--results", type=Path, default=Path("results"))
    args = parser.parse_args()

    files = [Path("config/config.yaml"), *args.configfile]
    config = read_config(merged(files), [str(file) for file in files])
    print("| training | device | tokens/s | MFU | most memory |\n| --- | --- | --- | --- | --- |")
    for record in sorted(args.results.glob("checkpoints/*/*/training.json")):
        if getattr(config.models.get(record.parts[-3]), "shape", None):
            print(training_row(config, record))
    print("\n| job | seconds | priced | ratio | tokens/s |\n| --- | --- | --- | --- | --- |")
    for job in finished(config, args.results, Lengths())[0]:
        kind, seconds = job.kind, job.seconds
        print(
            f"| {kind.stage} {kind.model} {kind.what} | {seconds:.0f} | {kind.seconds:.0f} "
            f"| {seconds / kind.seconds:.2f} | {kind.tokens / seconds:.0f} |"
        )


if __name__ == "__main__":
    main()
