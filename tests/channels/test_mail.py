"""A message says in any mail program what was meant, and the server's answers are told apart."""

import socket
import threading
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.policy import default

import pytest

from inspectorate.channels import mail
from inspectorate.quarter import SHANGHAI
from tests.channels.post_office import PostOffice, post_office

AT = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)


def message(text: str = "您好", to: str = "yi@one.test", subject: str = "关于核实问题的函" * 8) -> bytes:
    return mail.compose(
        sender="xuncha@office.test",
        sender_name="某市人民政府办公室",
        recipient=to,
        recipient_name="市一局，办公室",
        subject=subject,
        text=text,
        attachments={"问题清单.xlsx": b"PK\0", "说明.bin": b"\n.\r\n.\n"},
        message_id="<1@office.test>",
        written_at=AT,
    )


def hand(office: PostOffice, text: bytes, then: Callable[[], None] = lambda: None) -> tuple[str, str]:
    with mail.opened(mail.Server("127.0.0.1", office.port), seconds=5) as session:
        return mail.deliver(session, "xuncha@office.test", "yi@one.test", text, then)


def test_a_letter_reads_back_as_it_was_written() -> None:
    body = "第一行\n.以点开头\n..两点\n" + "长" * 3000 + "\n"
    with post_office() as office:
        assert hand(office, message(body))[0] == "sent"
        [found] = office.letters()
    assert found["Subject"] == "关于核实问题的函" * 8
    assert str(found["To"]) == "市一局，办公室 <yi@one.test>"
    assert (found["From"].addresses[0].display_name, found["Message-ID"]) == ("某市人民政府办公室", "<1@office.test>")
    assert found["Date"].datetime == AT
    text = found.get_body()
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == body
    files = {part.get_filename(): part.get_content() for part in found.iter_attachments()}
    assert files == {"问题清单.xlsx": b"PK\0", "说明.bin": b"\n.\r\n.\n"}


def test_what_goes_over_the_line_is_seven_bits_wide_with_short_lines_and_doubled_dots() -> None:
    text = message()
    assert text.isascii()
    assert max(len(line) for line in text.split(b"\r\n")) <= 998
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert mail.dotted(b".a\n..b\r\nc") == b"..a\r\n...b\r\nc\r\n.\r\n"
    assert mail.dotted(b"a\r\n") == b"a\r\n.\r\n"


def test_no_name_and_no_subject_can_smuggle_a_header() -> None:
    text = message(subject="问题\r\nBcc: all@everyone.test")
    found = message_from_bytes(text, policy=default)
    assert found["Bcc"] is None
    assert found["Subject"] == "问题 Bcc: all@everyone.test"
    for bad in ("a@b.test, c@d.test", "a@b.test>\r\nRCPT TO:<x@y.test", "a b@c.test", "无", "a@", "@b", "a@b..test"):
        assert mail.address(bad) == ""
    assert mail.address(" yi@政务.cn ") == "yi@xn--zfr164b.cn"


@pytest.mark.parametrize(
    ("rcpt", "text", "receipt"),
    [
        ("250 OK", "250 taken", "sent"),
        ("550 nobody here", "", "refused"),
        ("451 come back", "", "later"),
        ("250 OK", "554 spam", "refused"),
        ("250 OK", "452 full", "later"),
        ("250 OK", "", "unsure"),
        ("250 OK", "999 what", "unsure"),
    ],
)
def test_each_answer_of_the_server_is_told_apart(rcpt: str, text: str, receipt: str) -> None:
    with post_office() as office:
        office.answers["yi@one.test"], office.after_text = rcpt, text
        assert hand(office, message())[0] == receipt


def test_a_letter_is_noted_as_handed_over_before_the_first_byte_of_it_goes_out() -> None:
    with post_office() as office:
        noted: list[int] = []
        assert hand(office, message(), lambda: noted.append(len(office.arrived)))[0] == "sent"
        office.answers["yi@one.test"] = "451 come back"
        assert hand(office, message(), lambda: noted.append(99))[0] == "later"
        assert noted == [0]


def test_after_a_refusal_the_same_line_takes_the_next_letter() -> None:
    with post_office() as office:
        office.answers["no@one.test"] = "550 nobody"
        with mail.opened(mail.Server("127.0.0.1", office.port)) as session:
            told = [
                mail.deliver(session, "x@office.test", to, message(to=to), lambda: None)[0]
                for to in ("no@one.test", "yi@one.test")
            ]
        assert told == ["refused", "sent"]


def test_a_password_with_odd_characters_signs_in_and_a_wrong_one_is_ours_without_being_told() -> None:
    with post_office(auth_require_tls=False, auth_required=True) as office:
        url = f"smtp://xuncha%40office:p%40ss%3Aw%2Frd@127.0.0.1:{office.port}"
        with mail.opened(mail.read_url(url)) as session:
            assert mail.deliver(session, "x@office.test", "yi@one.test", message(), lambda: None)[0] == "sent"
        assert office.users[0] == (b"xuncha@office", b"p@ss:w/rd")
        wrong = mail.read_url(f"smtp://xuncha:geheim@127.0.0.1:{office.port}")
        with pytest.raises(mail.Unreachable, match="拒绝登录") as told, mail.opened(wrong, seconds=2):
            pass
        assert "geheim" not in str(told.value)


def test_starttls_asked_for_and_not_offered_sends_nothing() -> None:
    with (
        post_office() as office,
        pytest.raises(mail.Unreachable, match="STARTTLS"),
        mail.opened(mail.read_url(f"{office.url}?starttls")),
    ):
        pass


def test_nobody_there_or_nobody_who_speaks_is_ours() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with pytest.raises(mail.Unreachable, match="无法连接"), mail.opened(mail.Server("127.0.0.1", port)):
            pass
        silent.listen()
        threading.Thread(target=silent.accept, daemon=True).start()
        with pytest.raises(mail.Unreachable), mail.opened(mail.Server("127.0.0.1", port), seconds=0.3):
            pass


def test_the_servers_address_is_read_and_a_wrong_one_is_told_without_its_password() -> None:
    assert mail.read_url("smtp://u:p@mail.test") == mail.Server("mail.test", 25, "u", "p")
    assert mail.read_url("smtp://mail.test?starttls").port == 587
    assert mail.read_url("smtps://mail.test") == mail.Server("mail.test", 465, tls=True)
    for bad in (
        "mail.test:25",
        "http://mail.test",
        "smtp://",
        "smtp://u:geheim@mail.test:port",
        "smtp://mail.test?tls",
    ):
        with pytest.raises(ValueError, match="INSPECTORATE_SMTP_URL") as told:
            mail.read_url(bad)
        assert "geheim" not in str(told.value)
