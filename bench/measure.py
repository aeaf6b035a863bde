"""Runs a program and says what it cost; makes workloads. For bench/run and bench/curve."""
import dataclasses
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
PROGRAM = BUILD / "pcapaudit"
BARE_LOOP = BUILD / "bench" / "pcapaudit-bare-loop"
WORKLOAD = BUILD / "bench" / "pcapaudit-workload"
SITE = ROOT / "samples" / "site.toml"
# Judged, and written down: 0 and 1; damaged input 3; roles that a workload does not have 4.
JUDGED = (0, 1, 3, 4)


@dataclasses.dataclass
class Cost:
    wall: float          # seconds
    cpu: float           # seconds, user and system, all threads
    memory: int          # bytes, peak resident
    failure: str = ""    # why the figures mean nothing


def build():
    """Configures and builds the release preset with the programs that measure."""
    subprocess.run(["cmake", "--preset", "release", "-DPCAPAUDIT_BENCH=ON"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def cost_of(command, good=(0,), limit=1800):
    """One run. GNU time starts the program, since a child of Python's own would be charged Python's memory."""
    with tempfile.NamedTemporaryFile("r") as figures:
        begin = time.perf_counter()
        child = subprocess.Popen(["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", figures.name, *map(str, command)],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        # wait() with a timeout looks only every 50 ms.
        late = threading.Timer(limit, os.killpg, (child.pid, signal.SIGKILL))
        late.start()
        code = child.wait()
        late.cancel()
        wall = time.perf_counter() - begin
        if code == -signal.SIGKILL:
            return Cost(wall, 0, 0, f"killed after {wall:.0f} s")
        user, system, kilobytes = figures.read().split()
    return Cost(wall, float(user) + float(system), int(kilobytes) * 1024,
                "" if code in good else f"exit code {code}")


def median(costs):
    """The medians of several runs, or the first failure."""
    for cost in costs:
        if cost.failure:
            return cost
    return Cost(*(statistics.median(getattr(cost, field) for cost in costs) for field in ("wall", "cpu", "memory")))


def make_workload(path, kind, *arguments):
    """Writes the capture if it is not there; a capture that is not finished never has its name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    subprocess.run([WORKLOAD, kind, unfinished, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    unfinished.rename(path)


def packets_in(path):
    """Packets of a capture, which is in the page cache afterwards."""
    return int(subprocess.run([BARE_LOOP, path], check=True, capture_output=True, text=True).stdout.split()[0])


def audit(capture, database, threads=None):
    """The command line of an audit; the database must not exist."""
    chosen = [] if threads is None else ["--threads", threads]
    return [PROGRAM, "audit", "--quiet", *chosen, "-p", SITE, "-o", database, capture]


def remove_database(path):
    for name in (path, f"{path}-wal", f"{path}-shm"):
        pathlib.Path(name).unlink(missing_ok=True)


def megabytes(count):
    return f"{count / 1e6:,.0f}"


def machine():
    """One line about where this was measured."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{model}, {os.cpu_count()} processors, {memory:.0f} GB, Linux {platform.release()}"
