"""Two hosts that talk over a bridge in network namespaces, its ports mirrored to a monitor; for soak and flood."""
import contextlib
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time

PREFIX = f"bench{os.getpid()}"
HOSTS = {"client": "10.77.0.1", "server": "10.77.0.2"}
METRICS = "127.0.0.1:9466"

SITE = """
format = 1
[site]
name = "Soak"
timezone = "UTC"
internal_networks = ["10.0.0.0/8"]
[role.client]
title = "Clients"
[role.server]
title = "Servers"
[bind.client]
addresses = ["10.77.0.1"]
[bind.server]
addresses = ["10.77.0.2"]
[[flow]]
id = "web"
from = "client"
to = "server"
port = 8080
app = "http"
basis = "site"
"""

SERVER = """
import asyncio, sys
answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\nConnection: close\\r\\n\\r\\n" + b"x" * 1000
async def serve(reader, writer):
    try:
        await reader.readuntil(b"\\r\\n\\r\\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    except (OSError, asyncio.IncompleteReadError):
        pass
async def main():
    servers = [await asyncio.start_server(serve, "10.77.0.2", port) for port in (8080, 8081, 8082)]
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""

# SIGUSR1 pauses and resumes; says after each second how many connections it made since the start.
CLIENT = """
import signal, socket, sys, time
rate, paused, made, failed = float(sys.argv[1]), False, 0, 0
def toggle(*_):
    global paused
    paused = not paused
signal.signal(signal.SIGUSR1, toggle)
ports = [8080] * 14 + [8081] * 3 + [8082] * 2 + [9999]
due = said = time.monotonic()
while True:
    now = time.monotonic()
    if now - said >= 1:
        print(made, failed, int(paused), flush=True)
        said = now
    if paused or now < due:
        if paused or now > due + 1: due = now
        time.sleep(0.002)
        continue
    due += 1 / rate
    if now > due + 1: due = now
    made += 1
    try:
        with socket.create_connection(("10.77.0.2", ports[made % len(ports)]), timeout=5) as connection:
            connection.sendall(b"GET /%d HTTP/1.1\\r\\nHost: server\\r\\n\\r\\n" % (made % 1000))
            while connection.recv(65536): pass
    except OSError:
        failed += 1
"""

FETCH = "import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


def sh(command):
    return subprocess.run(command, shell=True, check=True, capture_output=True, timeout=30).stdout.decode()


def say(text):
    print(time.strftime("%H:%M:%S ", time.gmtime()) + text, file=sys.stderr, flush=True)


def wait_until(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    say(f"no {what} in {seconds} s")
    return False


def rows(database, sql):
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


class Network:
    """Bridge `sw`, hosts `client` and `server`; what their ports receive is copied to `mon`/span1."""

    def __enter__(self):
        sw, mon = f"{PREFIX}sw", f"{PREFIX}mon"
        try:
            for space in (sw, mon, *(PREFIX + host for host in HOSTS)):
                sh(f"ip netns add {space}")
                sh(f"ip netns exec {space} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 "
                   "net.ipv6.conf.default.disable_ipv6=1")
            sh(f"ip -n {sw} link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0")
            sh(f"ip -n {sw} link set br0 up")
            sh(f"ip -n {sw} link add span0 type veth peer name span1 netns {mon}")
            sh(f"ip -n {sw} link set span0 up; ip -n {mon} link set span1 up; ip -n {mon} link set lo up")
            for host, address in HOSTS.items():
                space = PREFIX + host
                sh(f"ip -n {sw} link add {host} type veth peer name eth0 netns {space}")
                sh(f"ip -n {sw} link set {host} master br0 up; ip -n {space} link set eth0 up")
                sh(f"ip -n {space} address add {address}/24 dev eth0")
                sh(f"ip netns exec {space} ethtool -K eth0 tso off gso off gro off tx off 2>/dev/null || true")
                sh(f"tc -n {sw} qdisc add dev {host} ingress")
                sh(f"tc -n {sw} filter add dev {host} parent ffff: protocol all u32 match u32 0 0 "
                   "action mirred egress mirror dev span0")
        except subprocess.CalledProcessError as error:
            say(error.stderr.decode())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for space in ("sw", "mon", *HOSTS):
            subprocess.run(["ip", "netns", "delete", PREFIX + space], capture_output=True)

    def offered(self):
        """Packets that the mirror port has delivered to the monitor's interface."""
        return int(sh(f"ip netns exec {PREFIX}mon cat /sys/class/net/span1/statistics/rx_packets"))


class Monitor:
    def __init__(self, start, name, tmp, program, *arguments):
        self.notices, self.lines = [], []
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = tmp / f"notify-{name}"
        notify.bind(str(path))
        path.chmod(0o777)
        self.process = start(
            "mon", program, "monitor", "-i", "span1", "-p", tmp / "site.toml", "-o", tmp / "live.db", *arguments,
            "--metrics", METRICS, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=os.environ | {"NOTIFY_SOCKET": str(path)})

        def listen():
            while True:
                notice = notify.recv(4000).decode()
                self.notices.append(notice)
                say(f"{name}: {notice!r}") if notice.startswith(("READY", "RELOADING")) else None

        def read():
            for line in self.process.stderr:
                self.lines.append(line.decode(errors="replace").rstrip())
                say(f"{name}: {self.lines[-1]}")
        for work in (listen, read):
            threading.Thread(target=work, daemon=True).start()

    def ready(self):
        return wait_until("readiness", lambda: self.notices or self.process.poll() is not None) and \
            self.process.poll() is None

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return {key: int(value) for key, value in re.findall(r"^(VmRSS|RssAnon|VmHWM):\s+(\d+) kB", status, re.M)}

    def metrics(self):
        text = subprocess.run(["ip", "netns", "exec", f"{PREFIX}mon", sys.executable, "-c", FETCH,
                               f"http://{METRICS}/metrics"], capture_output=True, timeout=30).stdout.decode()
        return {key: float(value) for key, value in re.findall(r"^(pcapaudit_\S+(?:\{[^}]*\})?) (\S+)$", text, re.M)}


def total(metrics, prefix):
    return int(sum(value for key, value in metrics.items() if key.startswith(prefix)))
