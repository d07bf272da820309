"""How many questions a person is asked for each verdict that changes, on the demonstration city by hand.

    python -m demo run --sites 55 --accounts 60 --exit --home DIR && python benchmarks/questions.py DIR

Every question about a column is answered as the city's truth has it, the quarter is judged again, and so on until no
question is left but those about a whole subject (a wall, a page that nobody can read), which no column answers. The
quarter under DIR is changed by it; `--fresh` plays it anew.
"""

import csv
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WHO = "fuhe"
LATER = (date.today() + timedelta(days=180)).isoformat()


def main() -> int:
    home = Path(sys.argv[1]).resolve()
    truth = json.loads((home / "truth.json").read_text("utf-8"))
    known = {(code, c["url"]): c for code, own in truth["columns"].items() for c in own}
    first = verdicts(home, truth["quarter"])
    before, asked, minutes, about = first, 0, 0.0, set[str]()
    for turn in range(1, 20):
        sheet = home / f"questions-{turn}.csv"
        command(home, "questions", truth["quarter"], "--out", str(sheet))
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["事项"] != "整体"]
        if not rows:
            break
        asked, minutes = asked + len(rows), minutes + sum(float(row["预计分钟"]) for row in rows)
        about |= {row["标识码"] for row in rows}
        with sheet.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row | answer(row, known.get((row["标识码"], row["网址"]))) for row in rows)
        command(home, "import-answers", str(sheet))
        after = verdicts(home, truth["quarter"])
        changed = [code for code in after if after[code] != before[code]]
        print(f"round {turn}: {len(rows)} questions, {len(changed)} verdicts changed: {' '.join(changed)}")
        before = after
    changed = [code for code in before if before[code] != first[code]]
    rate = f"{asked / len(changed):.1f}" if changed else "-"
    print(
        f"questions: asked={asked} minutes={minutes:g} subjects={len(about)} changed={len(changed)} per_change={rate}"
    )
    return 0


def answer(row: dict[str, str], column: dict[str, Any] | None) -> dict[str, str]:
    """What somebody who looks at the page says; the truth lists neither channels nor topics of campaigns long over."""
    said = {"确认人": WHO, "理由": "已打开核对", "截止日期": ""}
    if column is None and row["现有认定"] == "other":
        return said | {"答复": "免检", "理由": "历史性工作专题"}
    if column is None:  # a channel: a column of the first level, whose columns the truth lists
        return said | {"答复": row["现有认定"]}
    if row["事项"] == "类别":
        return said | {"答复": column["class"]}
    if row["事项"] == "空白":
        return said | ({"答复": "是"} if column["blank"] else {"答复": "否", "截止日期": LATER})
    if row["事项"] == "日期":
        return said | {"答复": "是" if column["stale"] else "否"}
    if row["事项"] == "层级":
        return said | {"答复": "一级" if column["level"] == 1 else column["parent"]}
    return said | {"答复": row["现有认定"]}


def verdicts(home: Path, quarter: str) -> dict[str, str]:
    """Judge, and read who stands how."""
    out = home / "judged-again"
    command(home, "judge", quarter, "--out", str(out))
    rows = map(json.loads, (out / "verdicts.jsonl").read_text("utf-8").splitlines())
    return {row["subject"]: row["verdict"] for row in rows}


def command(home: Path, *argv: str) -> None:
    env = os.environ | {"INSPECTORATE_HOME": str(home / "state")}
    ended = subprocess.run(
        [sys.executable, "-m", "inspectorate", *argv], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise SystemExit(f"{argv}: {ended.stderr}")


if __name__ == "__main__":
    sys.exit(main())
