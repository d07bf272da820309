"""Plays a command of ours: its first argument says what it is to do."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main():
    told = sys.argv[1:]
    stats = told[told.index("--stats") + 1] if "--stats" in told else None
    act, rest = told[0], told[1:]
    if act == "exit":
        print("它说的最后一句", file=sys.stderr)
        if stats:
            Path(stats).write_text(json.dumps({"subjects": 1}))
        sys.exit(int(rest[0]))
    if act == "wall":
        Path(stats).write_text(json.dumps({"ends": {"wall": 1}}))
        sys.exit(3)
    if act == "print":
        print(rest[0])
    if act == "much":
        print(json.dumps({"x": "x" * 100_000}))
    if act == "environment":
        print(json.dumps({"names": sorted(os.environ)}))
    if act in ("sleep", "stubborn", "family"):
        if act == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) if act == "family" else None
        with open(rest[0] + ".new", "w") as out:
            out.write(" ".join(str(p) for p in [os.getpid(), child.pid if child else ""]))
        os.rename(rest[0] + ".new", rest[0])
        print("开始等待", file=sys.stderr)
        time.sleep(600)
    if act == "leave":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("走了", file=sys.stderr)
    if act == "sign":
        print(json.dumps(sign(told), ensure_ascii=False))


def sign(told):
    """Refuses whoever is called decider; the state of the question is a file."""
    state = told[told.index("--state") + 1]
    if "--chosen" not in told:
        return {"settled": os.path.exists(state), "because": "已印发", "draft": "a1b2", "subject": "题目由命令写出"}
    answer = {told[i][2:]: told[i + 1] for i in range(1, len(told) - 1) if told[i].startswith("--")}
    accepted = answer["by"] != "fuhe"
    with open(state + ".answers", "a") as out:
        out.write(json.dumps({**answer, "accepted": accepted}, ensure_ascii=False) + chr(10))
    return {"accepted": accepted, "because": "" if accepted else "已参与复核，不得签发"}


main()
