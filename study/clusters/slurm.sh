#!/usr/bin/env bash
# Rendered by `python -m study.cluster --slurm`; submit it with: sbatch {{ file }}
#
# {{ grace }} s before the time limit Slurm sends TERM to this script alone (B:), since Ray must outlive the study, which
# writes its checkpoints and ends. The job then goes back into the queue; its next start takes the run up where it was.
#SBATCH --job-name={{ name }}
#SBATCH --nodes={{ nodes }}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={{ cpus }}
{%- if gpus %}
#SBATCH --gpus-per-node={{ gpus }}
{%- endif %}
#SBATCH --time={{ time }}
{%- if partition %}
#SBATCH --partition={{ partition }}
{%- endif %}
{%- if account %}
#SBATCH --account={{ account }}
{%- endif %}
#SBATCH --exclusive
#SBATCH --requeue
#SBATCH --signal=B:TERM@{{ grace }}
#SBATCH --open-mode=append
#SBATCH --output={{ name }}-%j.log
set -uo pipefail

# What is kept between the starts of this job: the study's messages, which name its run, and its process.
job=$SLURM_SUBMIT_DIR/.study-jobs/$SLURM_JOB_ID
(umask 077; mkdir -p "$job")

# Each start has a token of its own; without it nobody on the network may use its Ray.
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$job/ray-token RAY_USAGE_STATS_ENABLED=0 MLFLOW_DISABLE_TELEMETRY=true
(umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$RAY_AUTH_TOKEN_PATH")
export PATH={{ bin }}:$PATH # `ray symmetric-run` calls `ray start` and `ray stop` by name
# Scratch and locks on the node's own disk: a home on a network cannot always lock.
export STUDY_STATE=${SLURM_TMPDIR:-${TMPDIR:-/tmp}} RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300
export RAY_TMPDIR=${RAY_TMPDIR:-/tmp/ray-$(id -u)} # /tmp/ray may be another user's
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$head:$((20000 + SLURM_JOB_ID % 10000))

run=
[ -e "$job/messages" ] && run=$(sed -n 's/^run //p' "$job/messages" | tail -n 1)
if [ -n "$run" ]; then
    study=(--resume "$run")
else
    study=({{ arguments }})
fi

srun bash -c 'mkdir -p -m 700 "$RAY_TMPDIR"; [ -O "$RAY_TMPDIR" ] && exec "$@"' bash \
    ray symmetric-run --address "$address" --min-nodes {{ nodes }} --num-cpus={{ cpus }}
{%- if gpus %} --num-gpus={{ gpus }}{% endif %} -- \
    bash -c 'echo $$ > "$0/process"; exec "$@" 2> >(tee -a "$0/messages" >&2)' "$job" \
    {{ python }} -m study.run {{ study }} "${study[@]}" --address "$address" --output {{ output }} &
step=$!

signals=0
stop() { # this script runs on the first node, as the study does
    signals=$((signals + 1))
    [ -s "$job/process" ] && kill -TERM "$(cat "$job/process")"
}
trap stop TERM
while :; do # `wait` also ends when a signal comes
    before=$signals
    wait "$step"
    status=$?
    [ "$before" = "$signals" ] && break
done
rm -f "$job/process"

if [ "$signals" -gt 0 ] && [ "$status" -ne 0 ]; then
    echo "stopped ahead of the time limit; back into the queue"
    exec scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
