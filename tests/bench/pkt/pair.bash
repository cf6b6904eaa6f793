# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Sourced by drop and xdp: a veth pair, "here" and "pair", 192.0.2.1 and .2, the second in a namespace where a socket is that nobody
# reads; both go at the end. The caller has said `out`, where the build is, and `name`.
dir=$(mktemp -d "/dev/shm/$name.XXXXXX")
there=corekit-$name.$$
pid='' sink='' others=()
finish()
{
	for i in "$pid" "$sink" ${others[@]+"${others[@]}"}; do
		[ -z "$i" ] || kill "$i" 2>/dev/null || true
	done
	wait
	for i in "$there" "$there-3"; do ip netns del "$i" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

ip netns add "$there"
ip link add here type veth peer name pair netns "$there"
ip addr add 192.0.2.1/24 dev here
ip link set here up
# Not by ip(8), which hides what is mounted in /sys.
in_there() { nsenter --net="/run/netns/$there" "$@"; }
in_there ip addr add 192.0.2.2/24 dev pair
in_there ip link set pair up
ip neigh replace 192.0.2.2 lladdr "$(ip -n "$there" -o link show pair | sed 's/.*ether \([^ ]*\).*/\1/')" dev here
nsenter --net="/run/netns/$there" "$out/bench/drop" sink 9 >"$dir/sink" &	# which becomes it
sink=$!
until [ -s "$dir/sink" ]; do sleep 0.05; done

# start TOOL ARGUMENT...: there, until it is in force; its pid is in $pid
start()
{
	mkfifo "$dir/ready"
	nsenter --net="/run/netns/$there" "$out/bin/corekit" "$1" -q --ready-fd 9 "${@:2}" >"$dir/out" 9>"$dir/ready" &
	pid=$!
	read -r _ <"$dir/ready" || { echo "$name: $* failed" >&2; exit 1; }
	rm "$dir/ready"
}
stop()
{
	kill -INT "$pid"
	wait "$pid"
	pid=''
}
have() { command -v "$1" >/dev/null; }
