#!/usr/bin/env bash
# All that is to be learnt from a GPU in one go: at most 8 minutes, no network, nothing to install.
#
#   python benchmarks/gpu.py expect               # beforehand, on a CPU: writes benchmarks/gpu/expected.npz
#   benchmarks/gpu.sh [--trial] [--out DIR] [--expected FILE]
#
# Versions and copy speed, pipelines, every transform against the CPU's, choices: a part that fails or runs out of time
# is reported and the next one goes on. DIR (by default $OUT or benchmarks/gpu) gets gpu.json, gpu.md and gpu.log.
# --trial does the same with tiny pictures on one core of a CPU, the file included. $PYTHON is the interpreter, python3
# by default; $PEERS the libraries to compare with.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3}
peers=${PEERS-kornia,torchvision}
out=${OUT:-$here/gpu}
expected=$here/gpu/expected.npz
trial=
while [ $# -gt 0 ]; do
  case $1 in
    --trial) trial=yes; shift ;;
    --out) out=$2; shift 2 ;;
    --expected) expected=$2; shift 2 ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
  esac
done

mkdir -p "$out" || exit
log=$out/gpu.log
rm -f "$out/gpu.json" "$out/gpu.md"
: >"$log"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3

if [ -n "$trial" ]; then
  export JAX_PLATFORMS=cpu
  slack=200 expected=$work/expected.npz most=$((1 << 26)) threads=1
  # The file is compiled with other settings, so that something is compared.
  checking=--xla_backend_optimization_level=1
  sizes=(--device cpu --cores 1 --queue --copy $most --batch 4 --size 32 --repeats 3 --budget 0.2)
else
  # Memory is taken as it is needed: the libraries share the device.
  export JAX_PLATFORMS=cuda XLA_PYTHON_CLIENT_PREALLOCATE=false
  slack=0 most=$((1 << 31)) threads=$(nproc) checking=${XLA_FLAGS-}
  sizes=(--device gpu --cores all --copy $most --batch 256 --size 224 --repeats 9 --budget 1)
fi

# part NAME END COMMAND...: runs a command that writes $work/NAME.json, until so many seconds after the start at most;
# time that one leaves is there for the next.
part() {
  local name=$1 begun=$SECONDS status=75 left=$(($2 + slack - SECONDS))
  shift 2
  if [ "$left" -ge 10 ]; then
    echo "== $name" | tee -a "$log"
    timeout -k 5 "$left" "$python" "$@" > >(tee -a "$log") 2>&1
    status=$?
  fi
  "$python" "$here/gpu.py" add --out "$out" --part "$name" --json "$work/$name.json" \
    --seconds $((SECONDS - begun)) --status $status 2>&1 | tee -a "$log"
}

# suite NAME END OPTIONS...: a part that times.
suite() {
  local name=$1 end=$2
  shift 2
  part "$name" "$end" "$here/run.py" "${sizes[@]}" --no-check --limit 60 --json "$work/$name.json" "$@"
}

if [ -n "$trial" ]; then part expect 0 "$here/gpu.py" expect --out "$expected" --threads $threads; fi
part device 40 "$here/gpu.py" device --json "$work/device.json" --most $most
suite pipelines 180 --suite pipelines --peers "$peers"
XLA_FLAGS=$checking part check 300 "$here/gpu.py" check --expected "$expected" --json "$work/check.json" --threads "$threads"
suite "choices by batch" 390 --suite choice --peers "" --only 'batch$'
suite "choices by vmap" 465 --suite choice --peers "" --only 'vmap$'

echo
cat "$out/gpu.md"
echo "$SECONDS s, written to $out"
