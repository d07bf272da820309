"""What the environment says: where state is kept, which database, and who we are to the sites we visit."""

import getpass
import os
import shutil
from importlib import metadata
from pathlib import Path
from urllib.parse import quote


def home() -> Path:
    """The state folder: the embedded database and the evidence are kept below it."""
    return Path(os.environ.get("INSPECTORATE_HOME") or "~/.inspectorate").expanduser().absolute()


def evidence_folder() -> Path:
    """Where the WARC files are kept."""
    return home() / "evidence"


def dsn() -> str | None:
    """The SQLAlchemy URL of a database server of the user's own; None: the embedded one."""
    return os.environ.get("INSPECTORATE_DSN") or None


def durable() -> bool:
    """Whether the embedded database survives a power cut; tests give that up for speed."""
    return not os.environ.get("INSPECTORATE_TEST_VOLATILE")


def published_folder() -> Path:
    """Where published papers are left, a folder a quarter; the database holds the same bytes."""
    return home() / "published"


def smtp_url() -> str | None:
    """The mail server, `smtp://user:password@host:port[?starttls]`; None: no letter can be sent."""
    return os.environ.get("INSPECTORATE_SMTP_URL") or None


def mail_from() -> str:
    """The address that letters come from; empty: the mail server's user or host says it."""
    return os.environ.get("INSPECTORATE_MAIL_FROM", "").strip()


def watch() -> list[str]:
    """Addresses of who is on watch, commas between; empty: nobody is mailed."""
    return [name.strip() for name in os.environ.get("INSPECTORATE_WATCH", "").split(",") if name.strip()]


def operator() -> str:
    """Who types: the system's name of the user, for the register's trail."""
    return getpass.getuser()


def version() -> str:
    """Our own version, as the package's metadata says it."""
    return metadata.version("inspectorate")


def browser() -> Path | None:
    """The Chromium that runs scripts and takes pictures; None: there is none, or INSPECTORATE_BROWSER is `none`.

    Unless it is named, the one without a window's parts, which shows a page in a quarter of the time.
    """
    named = os.environ.get("INSPECTORATE_BROWSER", "").strip()
    if named == "none":
        return None
    found = (shutil.which(name) for name in ([named] if named else ["chromium-headless-shell", "chromium"]))
    return next((Path(path) for path in found if path), None)


def user_agent() -> str:
    """How we name ourselves to every site: who, why, and whom to ask. ASCII, as a header must be."""
    release = ".".join(version().split(".")[:2])
    contact = os.environ.get("INSPECTORATE_CONTACT", "").strip()
    purpose = "+zhengfu wangzhan jidu xuncha; quarterly inspection of government sites"
    return f"Inspectorate/{release} ({purpose}{'; ' + quote(contact, safe=':/@.+-_ ') if contact else ''})"
