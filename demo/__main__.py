"""The doors of the mirror city: build, serve, run, airflow, kill."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path

from demo.airflow_house import sweep
from demo.airflow_kill import kill_under_airflow
from demo.airflow_run import run_under_airflow
from demo.build import build
from demo.days import SHANGHAI
from demo.kill import kill
from demo.proxy import serve
from demo.run import listen_for_the_end, run, say


def read_moment(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is Shanghai's."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def arguments() -> argparse.ArgumentParser:
    """All the doors and their switches."""
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="演示城市：虚构的网站和账号，预设问题，自带真相"
    )
    doors = parser.add_subparsers(dest="door", required=True)
    for name, help_text in (
        ("build", "生成城市"),
        ("serve", "以代理方式提供城市的网页"),
        ("run", "生成、提供，用命令行巡查并与真相比对"),
        ("airflow", "生成、提供，在 Airflow 下走完整个季度并与真相比对"),
        ("kill", "反复中断巡查，看结果是否不变"),
        ("guard", "标准输入结束时，终止 Airflow 留下的进程"),
    ):
        door = doors.add_parser(name, help=help_text)
        door.add_argument("--home", type=Path, default=Path(".demo"), help="存放的文件夹（默认 .demo）")
        if name in ("build", "run", "airflow", "kill"):
            door.add_argument("--seed", type=int, default=1, help="决定名称、版式和问题所在")
        if name == "kill":
            door.add_argument("--times", type=int, default=20, help="中断几次")
            door.add_argument("--airflow", action="store_true", help="中断 Airflow 下的整个季度，而不是 inspect 命令")
        if name in ("build", "run", "airflow"):
            whole = name == "airflow"
            door.add_argument("--sites", type=int, default=55 if whole else 12, help="正在运行的网站数，至少12")
            door.add_argument("--accounts", type=int, default=60 if whole else 12, help="账号数")
        if name == "build":
            door.add_argument("--at", type=read_moment, help="巡查的时间点（默认此刻）")
        if name == "serve":
            door.add_argument("--while-fed", action="store_true", help="标准输入关闭时也结束")
            door.add_argument("--port", type=int, default=0, help="端口（默认任意空闲端口）")
        if name in ("run", "airflow"):
            door.add_argument("--exit", action="store_true", help="比对后即退出，不再提供网页")
            door.add_argument("--fresh", action="store_true", help="从头再来，不接着上一次")
        if name == "run":
            door.add_argument("--edition", default="", help="改用这个版本的检查标准（如 E15）")
    return parser


def main() -> int:
    """Open the door that was asked for; the exit status is the process's."""
    asked = arguments().parse_args()
    if getattr(asked, "sites", 12) < 12:
        print("--sites: 至少需要12个网站", file=sys.stderr)
        return 2
    if asked.door == "build":
        city = build(asked.home, asked.seed, asked.at or datetime.now(SHANGHAI), asked.sites, asked.accounts)
        print(
            f"{city.name}市：{len(city.running)}个网站，{len(city.accounts)}个账号，已写入 {asked.home}",
            file=sys.stderr,
        )
        return 0
    if asked.door == "serve":
        if not (asked.home / "hosts.json").exists():
            print(f"{asked.home}: 没有城市，请先运行 build", file=sys.stderr)
            return 2
        asyncio.run(serve(asked.home, asked.port, asked.while_fed))
        return 0
    if asked.door == "kill" and asked.airflow:
        return kill_under_airflow(asked.home.resolve(), asked.seed, asked.times)
    if asked.door == "kill":
        return kill(asked.home, asked.seed, asked.times)
    if asked.door == "guard":
        sys.stdin.buffer.read()
        sweep(asked.home, 0)
        return 0
    listen_for_the_end()
    home = asked.home.resolve()
    try:
        if asked.door == "airflow":
            return run_under_airflow(home, asked.seed, asked.sites, asked.accounts, asked.exit, asked.fresh)
        return run(home, asked.seed, asked.sites, asked.accounts, asked.exit, asked.fresh, asked.edition)
    except KeyboardInterrupt:
        say("已停止")
        return 130


if __name__ == "__main__":
    sys.exit(main())
