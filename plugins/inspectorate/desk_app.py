"""The review desk as a web application: who is signed in is told to it, and nothing of it is open to anybody else."""

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from psycopg2.extensions import connection as Connection

from inspectorate import desk, settings
from inspectorate.finding import Ruling
from inspectorate.quarter import SHANGHAI, day_of, read_day
from inspectorate.register import BadInput, Issuer
from inspectorate.store import correcting, database, letters, register, signing
from inspectorate.store import finding as kept
from inspectorate.store import inspection as inspections
from inspectorate.store import kept as evidence_kept
from inspectorate.store.inspection import Inspection

# Our own pages: nothing from elsewhere, no script at all, forms and frames to ourselves only.
OURS = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'self'"
)
# A page that somebody else wrote: an origin of its own, no script, no form, no network.
THEIRS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
# Data Docs run their own scripts, but never as us.
DOCS = "sandbox allow-scripts allow-popups; default-src 'self' 'unsafe-inline' data:; frame-ancestors 'self'"
PAPERS = {
    "notice.pdf": "application/pdf",
    "notice.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "annex1.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Opened = Callable[[], AbstractContextManager[Connection]]
Fields = Mapping[str, Any]


def make(signed_in: Callable[..., Any], opened: Opened = database.opened) -> FastAPI:
    """The application. `signed_in` is a dependency that gives the sign-in name or answers 401; every route asks it."""
    app = FastAPI(
        title="复核台", dependencies=[Depends(signed_in)], docs_url=None, redoc_url=None, openapi_url=None,
        redirect_slashes=False,
    )  # fmt: skip

    def database_of() -> Iterator[Connection]:
        with opened() as connection:
            yield connection

    who = Annotated[str, Depends(signed_in)]
    data = Annotated[Connection, Depends(database_of)]

    @app.exception_handler(BadInput)
    def bad_input(request: Request, bad: BadInput) -> Response:
        return _refuse(request, 400, str(bad))

    _reading(app, who, data)
    _looking(app, who, data)
    _changing(app, who, data)
    _asking(app, who, data)
    return app


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _page(request: Request, by: str, template: str, **facts: Any) -> HTMLResponse:
    return HTMLResponse(desk.render(template, _root(request), by, **facts), headers=_headers(OURS))


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _refuse(request: Request, status: int, text: str) -> Response:
    if _wants_json(request):
        return JSONResponse({"error": text}, status)
    page = desk.render("message.html", _root(request), "", title="未能办理", text=text)
    return HTMLResponse(page, status, headers=_headers(OURS))


def _wants_json(request: Request) -> bool:
    kinds = (request.headers.get("content-type", ""), request.headers.get("accept", ""))
    return any("application/json" in kind for kind in kinds)


def _inspection(connection: Connection, quarter: str, number: str | int) -> Inspection:
    return inspections.find(connection, *inspections.parse_name(f"{quarter}/{number}"))


# Reading


def _reading(app: FastAPI, who: Any, data: Any) -> None:
    @app.get("/style.css")
    def style() -> Response:
        return Response((desk.TEMPLATES / "style.css").read_bytes(), media_type="text/css", headers=_headers(OURS))

    @app.get("/")
    def index(request: Request, by: who, connection: data) -> Response:
        published = {p.name: p for p in signing.publications(connection)}
        corrected = {f"{c.quarter}/{c.number}": c for c in correcting.corrections(connection)}
        listed = reversed(inspections.listed(connection))
        rows = [(one, published.get(one.name), corrected.get(one.name)) for one in listed]
        return _page(request, by, "inspections.html", inspections=rows)

    @app.get("/inspection/{quarter}/{number}")
    def inspection(
        request: Request, by: who, connection: data, quarter: str, number: int, unit: str = "", clause: str = "",
        all: str = "", page: int = 1, said: str = "",
    ) -> Response:  # fmt: skip
        wanted = desk.Filter(unit, clause, bool(all), max(1, page))
        board = desk.board(connection, _inspection(connection, quarter, number), wanted)
        made = [c for c in correcting.corrections(connection, quarter) if c.number == number]
        drafted = signing.draft(connection, board.inspection, "correction_draft")
        fresh = drafted is not None and not (made and made[-1].published_at > drafted.drafted_at)
        return _page(
            request, by, "inspection.html", board=board, corrections=made, correction=fresh, said=SAID.get(said, "")
        )

    @app.get("/finding/{quarter}/{number}/{clause}/{subject}")
    def finding(
        request: Request, by: who, connection: data, quarter: str, number: int, clause: str, subject: str
    ) -> Response:
        which = _inspection(connection, quarter, number)
        row, digest = desk.one_finding(connection, which, clause, subject)
        published = signing.publication(connection, which)
        gone = correcting.reversals(connection, which).get((clause, subject))
        facts = {"row": row, "digest": digest, "inspection": which, "published": published, "gone": gone}
        return _page(request, by, "finding.html", pictures=desk.pictures(connection, which, row.finding), **facts)

    @app.get("/subject/{code}")
    def subject(request: Request, by: who, connection: data, code: str) -> Response:
        held = register.read(connection)
        found = desk.subject_of([*held.sites, *held.accounts], code)
        if found is None:
            raise HTTPException(404)
        seen = evidence_kept.seen_lately(connection, code)
        past = correcting.history(connection, signing.publications(connection), code)
        return _page(
            request, by, "subject.html", subject=found, code=code, seen=seen, past=past,
            streak=correcting.streak(past),
        )  # fmt: skip

    @app.get("/letters")
    def letters_listed(request: Request, by: who, connection: data, said: str = "") -> Response:
        letters.recover(connection)
        rows = sorted(letters.listed(connection), key=lambda row: (row.state == "sent", -row.id))
        return _page(request, by, "letters.html", rows=rows, states=letters.STATES, said=SAID.get(said, ""))


SAID = {
    "decided": "复核意见已记录。",
    "attested": "已确认未发现。",
    "aside": "已记录，不纳入本季度检查。",
    "letter": "已认定。",
    "column": "答复已记录，下一次判定时生效。",
}


# Pages, papers and docs


def _looking(app: FastAPI, who: Any, data: Any) -> None:
    @app.get("/page/{sha256}")
    def page(request: Request, by: who, connection: data, sha256: str, url: str = "") -> Response:
        shown = desk.kept_page(connection, sha256, url)
        return _page(request, by, "page.html", page=shown, sha256=sha256)

    @app.get("/kept/{sha256}")
    def kept_page(connection: data, sha256: str, url: str = "") -> Response:
        shown = desk.kept_page(connection, sha256, url)
        headers = _headers(THEIRS)
        if shown.markup:
            charset = f"; charset={shown.charset}" if shown.charset else ""
            headers["Content-Type"] = f"text/html{charset}"
        elif shown.picture:
            headers["Content-Type"] = shown.content_type.partition(";")[0].strip().lower()
        else:
            headers |= {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
        return Response(shown.body, headers=headers)

    @app.get("/paper/{quarter}/{number}")
    def paper(connection: data, quarter: str, number: int, file: str = "notice.pdf", correction: str = "") -> Response:
        which = _inspection(connection, quarter, number)
        if correction:
            return _correction(connection, which, correction)
        if file not in PAPERS:
            raise HTTPException(404)
        published = signing.publication(connection, which)
        drafted = signing.draft(connection, which)
        bodies: Mapping[str, bytes] = {}
        if published is not None:
            bodies = signing.published_files(connection, published)
        elif drafted is not None:
            bodies = {"notice.pdf": drafted.pdf, "notice.docx": drafted.docx}
        if file not in bodies:
            raise BadInput(f"{which.name}: 尚未成稿")
        shown = "inline" if file.endswith(".pdf") else "attachment"
        name = quote(f"{which.quarter}-{which.number}-{file}")
        headers = _headers("default-src 'none'; frame-ancestors 'self'; plugin-types application/pdf")
        headers |= {"Content-Disposition": f"{shown}; filename*=UTF-8''{name}"}
        return Response(bodies[file], media_type=PAPERS[file], headers=headers)

    @app.get("/docs/{path:path}")
    def docs(request: Request, by: who, path: str) -> Response:
        folder = (settings.home() / "data_docs").resolve()
        found = (folder / path).resolve()
        if not found.is_relative_to(folder):
            raise HTTPException(404)
        if found.is_dir() and not (found / "index.html").is_file():
            below = sorted(one.parent.relative_to(folder).as_posix() for one in found.glob("**/index.html"))
            outermost = [one for one in below if not any(one.startswith(f"{other}/") for other in below)]
            return _page(request, by, "docs.html", path=path, folders=outermost)
        if found.is_dir():
            if not path.endswith("/"):  # so that the page's own links lead into the folder
                return RedirectResponse(f"{_root(request)}/docs/{quote(path)}/", 307)
            found = found / "index.html"
        if not found.is_file():
            raise HTTPException(404)
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return Response(found.read_bytes(), media_type=kind, headers=_headers(DOCS))


def _correction(connection: Connection, which: Inspection, wanted: str) -> Response:
    """A published correction by its serial, or the latest `draft` of one."""
    if wanted == "draft":
        drafted = signing.draft(connection, which, "correction_draft")
        if drafted is None:
            raise BadInput(f"{which.name}: 更正通报尚未成稿")
        name, body = "correction-draft", drafted.pdf
    else:
        held = [c for c in correcting.corrections(connection, which.quarter) if c.number == which.number]
        made = next((c for c in held if str(c.serial) == wanted), None)
        if made is None:
            raise HTTPException(404)
        name, body = made.name, correcting.files(connection, made)["correction.pdf"]
    headers = _headers("default-src 'none'; frame-ancestors 'self'; plugin-types application/pdf")
    headers |= {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(f'{which.quarter}-{which.number}-{name}.pdf')}"
    }
    return Response(body, media_type="application/pdf", headers=headers)


# Changing


def _changing(app: FastAPI, who: Any, data: Any) -> None:
    given = Annotated[Fields, Depends(_fields)]

    @app.post("/decisions", dependencies=[Depends(_same_origin)])
    def decide(request: Request, by: who, connection: data, fields: given) -> Response:
        _in_own_name(fields, by)
        quarter, number, clause, subject = _parts(_text(fields, "finding_id"))
        which = _inspection(connection, quarter, number)
        _may_decide(connection, which, by)
        try:
            ruling = Ruling(_text(fields, "ruling"))
        except ValueError:
            raise BadInput("复核结论应为 upheld、dropped 或 amended") from None
        row, digest = desk.one_finding(connection, which, clause, subject)
        if _text(fields, "digest") not in ("", digest):
            return _refuse(request, 409, f"{row.id}: 判定在您查看之后已有变化，请重新查看后再提交")
        phrase = _text(fields, "phrase") if ruling is Ruling.AMENDED else ""
        made = kept.decide(connection, which, clause, subject, ruling, _text(fields, "reason"), by, _now(), phrase)
        if _wants_json(request):
            return JSONResponse({"finding_id": made.finding_id, "ruling": str(made.ruling), "by": by}, 201)
        return _see(request, f"/inspection/{which.name}", "decided")

    @app.post("/attestations", dependencies=[Depends(_same_origin)])
    def attest(request: Request, by: who, connection: data, fields: given) -> Response:
        _in_own_name(fields, by)
        which = _inspection(connection, *_name(fields))
        _may_decide(connection, which, by)
        clauses, excepted = _texts(fields, "clause"), " ".join(_texts(fields, "except")).replace(",", " ").split()
        if not clauses or (strange := [c for c in clauses if c not in which.clauses]):
            raise BadInput(f"{which.name}: 本次巡查没有启用指标 {'、'.join(strange) if clauses else '（未选择）'}")
        running = _running(which)
        if strangers := [code for code in excepted if code not in running]:
            raise BadInput(f"{which.name}: 不在本次巡查范围: {'、'.join(strangers)}")
        for clause in clauses:
            kept.attest(connection, which, clause, by, _now(), excepted)
        if _wants_json(request):
            return JSONResponse({"clauses": clauses, "by": by}, 201)
        return _see(request, f"/inspection/{which.name}", "attested")

    @app.post("/set-asides", dependencies=[Depends(_same_origin)])
    def set_aside(request: Request, by: who, connection: data, fields: given) -> Response:
        _in_own_name(fields, by)
        which = _inspection(connection, *_name(fields))
        _may_decide(connection, which, by)
        kept.set_aside(connection, which, _text(fields, "subject"), _text(fields, "reason"), by, _now())
        if _wants_json(request):
            return JSONResponse({"subject": _text(fields, "subject"), "by": by}, 201)
        return _see(request, f"/inspection/{which.name}", "aside")

    @app.post("/letters", dependencies=[Depends(_same_origin)])
    def settle_letter(request: Request, by: who, connection: data, fields: given) -> Response:
        _in_own_name(fields, by)
        _known(register.read(connection).issuer, by)
        ruling, reason, letter = (_text(fields, name) for name in ("ruling", "reason", "letter"))
        if ruling not in ("arrived", "resend") or not reason or not letter.isdecimal():
            raise BadInput("认定信件须写明编号、结论（arrived 或 resend）和理由")
        row = letters.decide(connection, int(letter), ruling == "arrived", by, reason)
        if _wants_json(request):
            return JSONResponse({"letter": row.id, "state": row.state}, 201)
        return _see(request, "/letters", "letter")


# Questions about columns


def _asking(app: FastAPI, who: Any, data: Any) -> None:
    given = Annotated[Fields, Depends(_fields)]

    @app.get("/questions/{quarter}/{number}")
    def questions(
        request: Request, by: who, connection: data, quarter: str, number: int, all: str = "", said: str = ""
    ) -> Response:
        which = _inspection(connection, quarter, number)
        found = desk.questions(connection, which, everything=bool(all))
        return _page(request, by, "questions.html", inspection=which, found=found, said=SAID.get(said, ""))

    @app.post("/columns", dependencies=[Depends(_same_origin)])
    def answer(request: Request, by: who, connection: data, fields: given) -> Response:
        _in_own_name(fields, by)
        _known(register.read(connection).issuer, by)
        site, url, fact, said = (_text(fields, name) for name in ("site_code", "url", "fact", "answer"))
        until = _text(fields, "until")
        try:
            day = read_day(until) if until else None
        except ValueError as bad:
            raise BadInput(str(bad)) from None
        read = register.page_of(connection, site, url, _text(fields, "sha256"))
        register.say(connection, [register.answered(site, url, fact, said, _text(fields, "reason"), by, day, read)])
        if _wants_json(request):
            return JSONResponse({"site_code": site, "url": url, "fact": fact, "by": by}, 201)
        return _see(request, f"/questions/{'/'.join(_name(fields))}", "column")


async def _fields(request: Request) -> Fields:
    """The fields of a form or of a JSON object; several values of one name as a list."""
    if "application/json" in request.headers.get("content-type", ""):
        try:
            given = await request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise HTTPException(400, "应为一个 JSON 对象")
        return given
    form = await request.form()
    return {name: form.getlist(name) for name in form}


def _texts(fields: Fields, name: str) -> list[str]:
    value = fields.get(name, "")
    rows = value if isinstance(value, list) else [value]
    if any(not isinstance(row, str) for row in rows):
        raise BadInput(f"{name}: 应为文字")
    return [row.strip() for row in rows if row.strip()]


def _text(fields: Fields, name: str) -> str:
    found = _texts(fields, name)
    if len(found) > 1:
        raise BadInput(f"{name}: 只能有一个值")
    return found[0] if found else ""


def _same_origin(request: Request) -> None:
    """Our own pages may change something, and whoever brings a token of their own; another site's page may not.

    A browser sends the cookie with a form of any page of the same site, so the cookie alone says nothing.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        hosts = {request.headers.get("host", ""), request.headers.get("x-forwarded-host", "")} - {""}
        if urlsplit(origin).netloc not in hosts:
            raise HTTPException(403, "请求不是从本系统的页面发出的")
    elif not request.headers.get("authorization") and request.headers.get("sec-fetch-site") != "same-origin":
        raise HTTPException(403, "请求没有说明来自哪个页面")


def _in_own_name(fields: Fields, by: str) -> None:
    if _text(fields, "by") not in ("", by):
        raise HTTPException(403, "只能以自己的名义提交")


def _may_decide(connection: Connection, which: Inspection, by: str) -> None:
    _known(which.register.issuer, by)
    signing.refuse_published(connection, which)


def _known(issuer: Issuer, by: str) -> None:
    if issuer.person(by) is None:
        raise HTTPException(403, f"issuer.yaml 的 people 中没有 {by}")


def _parts(finding: str) -> tuple[str, str, str, str]:
    parts = finding.split("/")
    if len(parts) != 4:
        raise BadInput(f"判定编号应写作 季度/次数/指标/对象: {finding!r}")
    return parts[0], parts[1], parts[2], parts[3]


def _name(fields: Fields) -> tuple[str, str]:
    quarter, _, number = _text(fields, "inspection").partition("/")
    return quarter, number


def _running(which: Inspection) -> set[str]:
    day, held = day_of(which.inspected_at), which.register
    return {s.site_code for s in held.running_sites(day)} | {a.account_id for a in held.running_accounts(day)}


def _see(request: Request, path: str, said: str) -> Response:
    return RedirectResponse(f"{_root(request)}{path}?{urlencode({'said': said})}", 303)


def _now() -> datetime:
    return datetime.now(SHANGHAI)
