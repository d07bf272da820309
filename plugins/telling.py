"""Told, not watched: mails to the person on watch when a run is red or late, and one digest a morning."""

import html
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk.exceptions import AirflowException

from inspectorate.quarter import SHANGHAI
from quarters import LATEST

NIGHT = time(22), time(7)  # nobody is woken for what may wait
NAMES = {
    "probe_sites": "首页可用性",
    "crawl_sites": "每夜巡查网站",
    "crawl_accounts": "每夜巡查账号",
    "follow_up": "整改跟踪",
    "quarterly_notice": "季度巡查通报",
    "correction_notice": "更正通报",
}


def watch() -> list[str]:
    """Addresses of who is on watch: INSPECTORATE_WATCH, commas between. Empty: nobody is mailed."""
    return [name.strip() for name in os.environ.get("INSPECTORATE_WATCH", "").split(",") if name.strip()]


def sender() -> str:
    return os.environ.get("INSPECTORATE_WATCH_FROM") or "inspectorate@localhost"


def night(now: datetime) -> bool:
    """Whether it is the hour at which only what cannot wait may ring."""
    begins, ends = NIGHT
    clock = now.astimezone(SHANGHAI).time()
    return clock >= begins or clock < ends


class WatchMail(SmtpNotifier):
    """A mail to the person on watch. What may wait is not sent at night: the morning's digest tells it."""

    def __init__(self, *, waits: bool, **kwargs: Any) -> None:
        super().__init__(to=watch(), from_email=sender(), **kwargs)
        self.waits = waits

    def notify(self, context: Any) -> None:
        if not watch():
            self.log.warning("没有设置 INSPECTORATE_WATCH，不发邮件: %s", self.subject)
        elif self.waits and night(datetime.now(SHANGHAI)):
            self.log.info("夜间不打扰，写入早上的汇总: %s", self.subject)
        else:
            super().notify(context)


def task_failed(*, waits: bool = True) -> list[WatchMail]:
    """For a task of its own: the mail carries the message that says what red means."""
    subject = "巡查任务失败：{{ task.task_display_name }}（{{ dag.dag_display_name }}）"
    text = (
        '<p style="white-space: pre-line">{{ exception | string | e }}</p>'
        "<p>运行：{{ run_id | e }}，第 {{ ti.try_number }} 次尝试。"
        '日志：<a href="{{ ti.log_url }}">{{ task.task_display_name }}</a></p>'
    )
    return [WatchMail(waits=waits, subject=subject, html_content=text)]


def run_failed(*, waits: bool = True) -> list[WatchMail]:
    """For a run of many mapped tasks: one mail a run, however many of them are red."""
    subject = "巡查运行失败：{{ dag.dag_display_name }}"
    text = (
        "<p>{{ dag.dag_display_name }} 有任务失败，运行 {{ run_id | e }}。红色任务的日志写明了含义、处理办法"
        "和时限（能否等到早上）；已读到的证据有效，清除红色任务即可重跑。</p>"
    )
    return [WatchMail(waits=waits, subject=subject, html_content=text)]


def late(context: Mapping[str, Any] | None = None, *, what: str = "", **_: Any) -> None:
    """A deadline was missed. Runs about the past are never late: neither backfilled nor made up for by hand."""
    run = (context or {}).get("dag_run") or {}
    if run.get("run_type") == "backfill" or _made_up_for(run):
        return
    mail = WatchMail(
        waits=False,
        subject=f"巡查超时：{what}",
        html_content=f"<p>{html.escape(what)}。运行 {html.escape(str(run.get('dag_run_id', '')))} "
        "还没有结束：请打开 Airflow 看它停在哪一步；等待复核或签发的，请催办。</p>",
    )
    mail.notify(context or {})


def _made_up_for(run: Mapping[str, Any]) -> bool:
    """Whether a run began more than a day after its time. One that was missed tells of itself."""
    due, began = run.get("logical_date"), run.get("start_date")
    return bool(due and began) and datetime.fromisoformat(str(began)) - datetime.fromisoformat(str(due)) > LATEST


# One digest a morning


def ticks(now: datetime, minutes: Sequence[int]) -> list[datetime]:
    """The moments of the last 24 hours at which something was due, by minutes of the day in Shanghai."""
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [day + timedelta(minutes=minute) for day in (today - timedelta(days=1), today) for minute in minutes]
    return [moment for moment in moments if now - timedelta(days=1) < moment <= now]


def digest(now: datetime, red: Mapping[str, int], readiness: Sequence[str], ahead: str) -> tuple[str, str]:
    """Subject and body of the morning's mail: runs that failed by DAG, what is still short, and what comes next."""
    wrong = {name: count for name, count in red.items() if count}
    failed = "、".join(f"{NAMES.get(name, name)} {count} 次" for name, count in wrong.items())
    lines = [f"过去 24 小时失败的运行：{failed}。" if failed else "过去 24 小时没有失败的运行。", ahead, *readiness]
    body = "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
    return f"巡查早报 {now.astimezone(SHANGHAI):%Y-%m-%d}{'（有失败）' if failed else ''}", body


def send(subject: str, body: str) -> None:
    """Mail the person on watch at once; a house that names one but no mail server is told what to set."""
    try:
        WatchMail(waits=False, subject=subject, html_content=body).notify({})
    except (AirflowException, OSError) as unsent:
        raise AirflowException(
            f"给值班人员的邮件没有发出（{unsent}）。处理：设好 AIRFLOW_CONN_SMTP_DEFAULT 指向的邮件服务器，"
            "再清除本任务。不影响巡查，可以等到早上。"
        ) from unsent
