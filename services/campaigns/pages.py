"""The pages that recipients see when they unsubscribe, in Chinese and English.

They need no script and no style sheet, and say nothing about who opens them.
"""

from typing import Any

PAGE = """<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""
QUESTION = """<p>按下面的按钮后，我们不再向您的邮箱发送营销邮件。</p>
<p lang="en">Press the button, and we send no more marketing mail to your address.</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">退订 / <span lang="en">Unsubscribe</span></button>
</form>"""
DONE = """<p>我们不再向您的邮箱发送营销邮件。</p>
<p lang="en">We send no more marketing mail to your address.</p>"""
TEST = """<p>这是一封测试邮件，没有人被退订。</p>
<p lang="en">This was a test message; nobody has been unsubscribed.</p>"""


def question() -> dict[str, Any]:
    """Asks for the press of a button: programs that scan mail open every link, but press nothing."""
    return _page("退订营销邮件 / Unsubscribe from marketing mail", QUESTION)


def done() -> dict[str, Any]:
    """Confirms, now and whenever it is opened again."""
    return _page("已退订 / You are unsubscribed", DONE)


def test() -> dict[str, Any]:
    """What the link of a test message leads to."""
    return _page("测试邮件 / Test message", TEST)


def _page(title: str, content: str) -> dict[str, Any]:
    return {"content": PAGE.format(title=title, content=content), "media_type": "text/html; charset=utf-8"}
