#!/usr/bin/env bash
# Stands in for SLURM's srun where there is no SLURM: one task for each node, all on this machine.
set -uo pipefail
while [[ $1 == --* ]]; do
    [[ $1 == --nodes=* ]] && nodes=${1#--nodes=}
    shift
done
trap 'kill -TERM $(jobs -p)' TERM INT
for ((node = 0; node < nodes; node++)); do
    SLURM_NODEID=$node SLURM_LAUNCH_NODE_IPADDR=127.0.0.1 "$@" &
done
status=0
for task in $(jobs -p); do
    wait "$task" || status=$?
done
exit "$status"
