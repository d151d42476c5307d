"""Start a script in several processes as torchrun does, whose options it takes.

With --nnodes above 1 it is called on the first node of a job of SLURM, and lets srun call it again
on each. The processes meet at an address that only they can reach: torchrun's own meeting point
listens on every network. What torchrun adds to a failure is a traceback of its own, below which
nobody finds the error.
"""

import os
import signal
import sys

import torch
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import get_args_parser, run

from its.console import say
from its.devices import share_gpus
from its.errors import InputError
from its.errors import run as run_main
from its.nodes import free_port, meeting_point, once_a_node, talk_over, this_node
from its.processes import heeded


def main() -> None:
    """Run the processes; exit as the first one that failed did, or by the signal that came."""
    parser = get_args_parser()
    if "--shutdown-timeout" not in parser.format_help():
        raise InputError(
            f"torch {torch.__version__} on the PATH does not know how to give a training the time "
            "to save its state; take the one of envs/train.yaml (--sdm conda), or 2.13 and newer"
        )
    parser.set_defaults(nnodes="1", master_port=None)
    args = parser.parse_args()
    asked = [signal.Signals[name] for name in args.signals_to_handle.split(",")]
    args.signals_to_handle = ",".join(one.name for one in heeded(asked))
    nodes = int(args.nnodes)
    if nodes > 1 and args.master_port is None:
        command = once_a_node(nodes, free_port(), sys.argv)
        os.execvp(command[0], command)  # signals reach srun, and its status is ours

    share_gpus(int(args.nproc_per_node))
    node = this_node(nodes)
    talk_over(node.first)
    store = None
    if node.rank == 0:
        args.master_port, store = meeting_point(node.first, args.master_port or 0)
    args.master_addr, args.node_rank = node.first, node.rank
    args.rdzv_backend, args.standalone = "static", False
    try:
        run(args)
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        status = failure.exitcode
        if status == -signal.SIGKILL:
            say(
                "error: a process of the training was killed, as the system does where memory "
                "runs out; raise train.memory of the model. The last saved state is gone on from"
            )
        sys.exit(128 - status if status < 0 else status)  # negative: ended by a signal
    except SignalException as error:
        sys.exit(128 + error.sigval)
    finally:
        del store  # the last process here no longer needs it


if __name__ == "__main__":
    run_main(main)
