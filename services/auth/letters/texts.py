"""What stands in the letters: in the reader's language first, then in the other one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from chassis.mail.letters import Content, one_line
from services.auth.letters.links import Purpose
from services.auth.models import LANGUAGES


class Letter(StrEnum):
    """The kinds of letters."""

    INVITATION = "invitation"
    NEW_PASSWORD = "new_password"
    PASSWORD_CHANGED = "password_changed"
    ACCESS_REVIEW = "access_review"
    AUDIT_ALERT = "audit_alert"


LINK_IN = {Letter.INVITATION: Purpose.FIRST_PASSWORD, Letter.NEW_PASSWORD: Purpose.NEW_PASSWORD}
PAGES = {Purpose.FIRST_PASSWORD: "first-password", Purpose.NEW_PASSWORD: "new-password"}


@dataclass(frozen=True)
class Words:
    """A letter in one language; the link, if there is one, stands between the two texts."""

    subject: str
    before: str
    after: str


GREETINGS = {"zh": "{name}，您好：", "en": "Dear {name},"}
TEXTS: dict[Letter, dict[str, Words]] = {
    Letter.INVITATION: {
        "zh": Words(
            "欢迎使用潮池（Rockpool）",
            "我们为您开通了潮池账号。请在 72 小时内打开下面的链接，设置您的密码：",
            "链接只能使用一次。如果您不认识潮池，请忽略这封邮件。",
        ),
        "en": Words(
            "Welcome to Rockpool",
            "there is an account for you in Rockpool. Open this link within 72 hours and choose your password:",
            "The link works once. If Rockpool means nothing to you, ignore this message.",
        ),
    },
    Letter.NEW_PASSWORD: {
        "zh": Words(
            "重新设置潮池密码",
            "有人（很可能是您）要为您的潮池账号设置新密码。请在 1 小时内打开下面的链接：",
            "链接只能使用一次。如果不是您本人所为，请忽略这封邮件，您的密码不会改变。",
        ),
        "en": Words(
            "A new password for Rockpool",
            "somebody, probably you, wants a new password for your account. Open this link within an hour:",
            "The link works once. If it was not you, ignore this message: your password stays as it is.",
        ),
    },
    Letter.PASSWORD_CHANGED: {
        "zh": Words(
            "您的潮池密码已更改",
            "您的潮池账号刚刚更换了密码。",
            "如果不是您本人所为，请立即联系管理员，并通过“忘记密码”设置新密码。",
        ),
        "en": Words(
            "Your Rockpool password was changed",
            "the password of your account has just been changed.",
            "If it was not you, tell your administrator at once and ask for a new password.",
        ),
    },
    Letter.ACCESS_REVIEW: {
        "zh": Words(
            "请确认您团队的潮池权限",
            "定期权限审查正在进行，还有一些权限等待您确认或收回。",
            "请登录潮池，打开“权限审查”。在您作出决定之前，我们会每周提醒一次。",
        ),
        "en": Words(
            "Rights of your team to be confirmed",
            "an access review is under way, and some rights of your people wait for you to confirm or revoke them.",
            "Log in to Rockpool and look at the access reviews. You are reminded each week until you have decided.",
        ),
    },
    Letter.AUDIT_ALERT: {
        "zh": Words(
            "潮池审计警报",
            "审计记录中出现了新的警报：",
            "请登录潮池，打开“审计警报”查看是谁、什么时候、做了什么，并确认处理。",
        ),
        "en": Words(
            "Audit alert in Rockpool",
            "there are new alerts in the audit trail:",
            "Log in and look at the alerts: they tell who, when and how much. Acknowledge what you have seen.",
        ),
    },
}
ALERTS = {
    "unusual_reads": {"zh": "读取的个人资料远多于平时", "en": "far more personal data read than usual"},
    "unusual_exports": {"zh": "导出的记录远多于平时", "en": "far more records exported than usual"},
    "bulk_deletion": {"zh": "大量删除记录", "en": "many records deleted"},
    "entries_missing": {"zh": "审计记录缺失", "en": "entries of the audit trail are missing"},
    "trail_unsound": {"zh": "审计记录被改动", "en": "the audit trail was tampered with"},
}
"""What a kind of alert is called; who it is about stands in no letter."""


def written(
    letter: Letter, *, name: str, language: str, link: str | None, alerts: Mapping[str, int] | None = None
) -> Content:
    """The letter to one person."""
    order = [language, *(other for other in LANGUAGES if other != language)]
    parts = [(one, TEXTS[letter][one]) for one in order]
    texts = [_lines(one, one_line(name), words, link, alerts or {}) for one, words in parts]
    return Content(
        subject=" / ".join(words.subject for _, words in parts),
        text="\n\n---\n\n".join("\n\n".join(lines) for lines in texts) + "\n",
        html="<hr>".join("".join(_paragraph(line, link) for line in lines) for lines in texts),
    )


def _lines(language: str, name: str, words: Words, link: str | None, alerts: Mapping[str, int]) -> list[str]:
    told = [f"{count} × {ALERTS.get(kind, {}).get(language, kind)}" for kind, count in sorted(alerts.items())]
    greeting = GREETINGS[language].format(name=name)
    return [greeting, words.before, *([link] if link else []), *told, words.after]


def _paragraph(line: str, link: str | None) -> str:
    safe = escape(line)
    return f'<p><a href="{safe}">{safe}</a></p>' if line == link else f"<p>{safe}</p>"
