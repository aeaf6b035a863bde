# Hosts as namespaces on one bridge; the bridge has a namespace of its own.
# shellcheck shell=bash

prefix=pcapaudit-
# name: addresses
declare -A hosts=(
  [internet]="203.0.113.9"
  [proxy]="198.51.100.40 172.25.33.40"
  [director]="10.1.2.11"
  [frontend]="10.1.3.11"
  [edge]="172.25.33.10"
  [owa]="10.1.4.5"
  [client]="10.20.5.5"
  [unknown]="10.50.1.1"
)

# in HOST COMMAND...: runs a command on a host.
in_host() {
  local host=$1
  shift
  ip netns exec "$prefix$host" "$@"
}

make_network() {
  local host address
  ip netns add "${prefix}bridge"
  ip -n "${prefix}bridge" link add br0 type bridge
  ip -n "${prefix}bridge" link set br0 up
  for host in "${!hosts[@]}"; do
    ip netns add "$prefix$host"
    in_host "$host" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n "${prefix}bridge" link add "$host" type veth peer name eth0 netns "$prefix$host"
    ip -n "${prefix}bridge" link set "$host" master br0 up
    ip -n "$prefix$host" link set lo up
    ip -n "$prefix$host" link set eth0 up
    for address in ${hosts[$host]}; do ip -n "$prefix$host" address add "$address/32" dev eth0; done
    ip -n "$prefix$host" route add default dev eth0
    # Packets as they look on a wire: no segments larger than the MTU, checksums filled in.
    in_host "$host" ethtool -K eth0 tso off gso off gro off tx off >/dev/null
  done
  in_host bridge sysctl -qw net.ipv6.conf.all.disable_ipv6=1
}

remove_network() {
  local name pid
  for name in $(ip netns list | awk -v p="$prefix" 'index($1, p) == 1 {print $1}'); do
    for pid in $(ip netns pids "$name"); do kill -9 "$pid" 2>/dev/null || true; done
    ip netns delete "$name"
  done
}

start_capture() {
  ip netns exec "${prefix}bridge" dumpcap -q -i br0 -f 'not arp' -w "$1" 2>"$work/dumpcap.log" &
  capture_pid=$!
  for _ in $(seq 100); do
    [ -s "$1" ] && return
    sleep 0.1
  done
  echo "lab: dumpcap does not start:" >&2
  cat "$work/dumpcap.log" >&2
  exit 1
}

stop_capture() {
  sleep 1 # the last packets reach the file
  kill -TERM "$capture_pid"
  wait "$capture_pid" || true
}
