"""Start a script in several processes as torchrun does, whose options it takes.

What torchrun adds to a failure is a traceback of its own, below which nobody finds the error.
"""

import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import get_args_parser, run

from its.devices import share_gpus


def main() -> None:
    """Run the processes; exit as the first one that failed did, or by the signal that came."""
    args = get_args_parser().parse_args()
    share_gpus(int(args.nproc_per_node))
    try:
        run(args)
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        status = failure.exitcode
        sys.exit(128 - status if status < 0 else status)  # negative: ended by a signal
    except SignalException as error:
        sys.exit(128 + error.sigval)


if __name__ == "__main__":
    main()
