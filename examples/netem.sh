#!/usr/bin/env bash
# Two kernels with a bad network of estab's between them: 20 ms each way, 1 % lost. As root:
#
#     examples/netem.sh
set -euo pipefail
cd "$(dirname "$0")/.."

cleanup() {
  ip netns del left 2>/dev/null || true
  ip netns del right 2>/dev/null || true
}
trap cleanup EXIT

node dist/cli/main.js netem --left tun:left0 --right tun:right0 --delay 20ms --loss 1% --seed 1 --for "${1:-10s}" &
until ip link show right0 >/dev/null 2>&1; do sleep 0.1; done

for side in left right; do
  ip netns add "$side"
  ip link set "${side}0" netns "$side"
  ip -n "$side" link set "${side}0" up
done
ip -n left address add 10.9.1.1/24 dev left0
ip -n right address add 10.9.1.2/24 dev right0

ip netns exec left ping -c 20 -i 0.05 10.9.1.2
wait
