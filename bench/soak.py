#!/usr/bin/env python3
"""A soak of the distributed test on processes: users pass to new functions every minute, and a shard is killed every three.

    python3 bench/soak.py --ltc target/release/ltc

The script builds a spec, serves its requests itself, and runs it for 30 minutes. It samples the memory of the orchestrator and of its
functions, kills a function now and then, and at the end compares what the server counted with what the report counts. It fails if

- the report has other counts than the server has, without the requests of killed functions since their last frame,
- a kill has no note in the report, or a shard is lost for good,
- the orchestrator, or the functions of late intervals, need more memory than early ones.

It needs Python 3.9 and Linux, and no other programs. All load goes to this machine.
"""

import argparse
import asyncio
import datetime
import json
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict

SPEC = """api soak {{ base env.soak.url; healthcheck none }}
sequence Hit {{ step "Hit" {{ soak GET /hit/{{user.id}}/{{shard.index}}; expect 200 }} }}
user Visitor {{
  on start {{ step "Log in" {{ soak GET /login/{{user.id}}/{{shard.index}}; expect 200 }} }}
  run Hit
  wait {wait}
}}
"""
PROFILE = "profile: {{ runner: {{ clients: {users}, hatch_rate: {rate}, duration: {seconds}s, graceful_stop: 5s }}, logging: {{ stats_interval: 1s, final_stats: yes }} }}\ntest_header: {{ name: soak, env: soak }}\n"
# The allowed growth of the orchestrator from its first quarter to its last, which covers the allocator's own pages, but no results.
GROWTH = 1.10


class Server:
    """Answers every request at once, and remembers when it came, what it asks for, and of which shard."""

    def __init__(self, port):
        self.seen = []
        self.port = port
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()

    async def serve(self):
        server = await asyncio.start_server(self.connection, "127.0.0.1", self.port, backlog=4096)
        async with server:
            await server.serve_forever()

    async def connection(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                kind, _, shard = head.split(b" ", 2)[1].decode().strip("/").split("/")
                self.seen.append((time.time(), kind, int(shard)))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def children(pid):
    """The children of a process, ordered by their start."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append((int(fields[19]), int(stat.parent.name)))
    return [pid for _, pid in sorted(found)]


def rss_kib(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)
    return int(found[1]) if found else None


def soak(args, folder):
    (folder / "specs").mkdir()
    (folder / "config").mkdir()
    (folder / "config/soak.yml").write_text(f'soak: {{ url: "http://127.0.0.1:{args.port}" }}\n')
    (folder / "specs/soak.lt").write_text(SPEC.format(wait=args.wait))
    seconds = round(args.minutes * 60)
    (folder / "specs/soak.profile.yml").write_text(PROFILE.format(users=args.users, rate=max(1, args.users // 10), seconds=seconds))
    subprocess.run([args.ltc, "build", "specs/soak.lt"], cwd=folder, check=True)
    server = Server(args.port)
    command = ["./soak", "run", "--engine", "process", "--shards", str(args.shards), "--interval", f"{args.interval}s"]
    log = open(folder / "soak.log", "w")
    run = subprocess.Popen([*command, "--json", "soak.json", "--out", "journal"], cwd=folder, stdout=log, stderr=log)
    begun = time.time()
    orchestrator, functions, kills = [], defaultdict(list), 0
    dice = random.Random(args.seed)
    try:
        while run.poll() is None and time.time() - begun < seconds + 120:
            time.sleep(1)
            passed = time.time() - begun
            orchestrator.append((passed, rss_kib(run.pid) or 0))
            now = children(run.pid)
            for pid in now:
                functions[pid].append((passed, rss_kib(pid) or 0))
            # No kill while users change functions, because then it is unknown which function generates which load, and none at the end.
            middle = args.interval * 0.6 < passed % args.interval < args.interval * 0.8
            if passed >= (kills + 1) * args.kill_every and middle and passed < seconds - 20 and len(now) == args.shards:
                victim = dice.choice(now)
                subprocess.run(["kill", "-9", str(victim)], check=True)
                kills += 1
                print(f"{passed:6.0f} s  killed process {victim}; the orchestrator has {orchestrator[-1][1]} KiB", flush=True)
    finally:
        if run.poll() is None:
            run.send_signal(signal.SIGINT)
        code = run.wait(timeout=60)
    return code, kills, server.seen, orchestrator, functions


def seconds_of(clock):
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def judge(args, folder, code, kills, seen, orchestrator, functions):
    """The errors of the run, if any."""
    wrong = []
    report = json.loads((folder / "soak.json").read_text())
    begin = datetime.datetime.fromisoformat(report["run"]["started_at"].replace("Z", "+00:00")).timestamp()
    # The journal has a separate note for each loss.
    notes = [json.loads(line)["note"] for line in (folder / "journal/journal").read_text().splitlines() if line.startswith('{"note"')]
    losses = [re.match(r"shard (\d+) lost from ([\d:.]+) to ([\d:.]+),", note) for note in notes]
    losses = [(int(loss[1]), seconds_of(loss[2]), seconds_of(loss[3])) for loss in losses if loss]
    if len(losses) != kills:
        wrong.append(f"{kills} functions were killed, and the notes are {notes}")
    if code != 0:
        wrong.append(f"the run ended with exit code {code}: see {folder}/soak.log")

    def came(shard, since, until):
        return sum(1 for at, _, of in seen if of == shard and since <= at - begin < until)

    # The times of a note are rounded to tenths of a second, and the next function begins after it.
    least = sum(came(shard, since + 0.1, until) for shard, since, until in losses)
    most = sum(came(shard, since, until + 0.1) for shard, since, until in losses)
    reported = report["summary"]["total"]["requests"]
    if not least <= len(seen) - reported <= most:
        wrong.append(f"the server counted {len(seen)} requests and the report {reported}; {least} to {most} were lost with functions")

    def quarter(samples, number):
        length = args.minutes * 60 / 4
        return [kib for at, kib in samples if length * number <= at < length * (number + 1) and kib]

    early, late = (max(quarter(orchestrator, number), default=0) for number in (0, 3))
    # A function lives for one interval, so this compares the functions of late intervals with those of early ones.
    peaks = [(samples[0][0], max(kib for _, kib in samples)) for samples in functions.values()]
    first, last = (max(quarter(peaks, number), default=0) for number in (0, 3))
    for name, before, after in [("orchestrator", early, late), ("functions", first, last)]:
        if after > before * GROWTH:
            wrong.append(f"{name}: {after} KiB in the last quarter, and {before} KiB in the first")
    by_kind = Counter(kind for _, kind, _ in seen)
    print(f"requests: the server counted {len(seen)} ({by_kind['hit']} Hit, {by_kind['login']} Log in), the report {reported}; ")
    print(f"kills: {kills}, with {least} to {most} requests since the last frames of those functions")
    print(f"memory, MiB: orchestrator {early / 1024:.1f} in the first quarter, {late / 1024:.1f} in the last; ")
    print(f"  largest function {first / 1024:.1f} in the first quarter, {last / 1024:.1f} in the last, of {len(peaks)} functions")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--ltc", default="ltc", help="the compiler")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--wait", default="1s..3s", help="between iterations, as in a spec")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--interval", type=int, default=60, help="seconds from one hand-over to the next")
    parser.add_argument("--kill-every", type=int, default=180, metavar="SECONDS")
    parser.add_argument("--port", type=int, default=18280, help="of the server on 127.0.0.1")
    parser.add_argument("--seed", type=int, default=1, help="chooses the functions that are killed")
    parser.add_argument("--keep", metavar="FOLDER", help="where the project and its results stay")
    args = parser.parse_args()
    args.ltc = str(pathlib.Path(args.ltc).resolve()) if "/" in args.ltc else args.ltc
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(args.keep or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        wrong = judge(args, folder, *soak(args, folder))
    for what in wrong:
        print(f"wrong: {what}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
