"""The template language: what it can say, and that nothing hostile gets through, hangs or reveals."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.campaigns.plain_text import as_plain_text
from services.campaigns.rendering import SAMPLE, MessageTemplate, check

DEEP = 5_000
STATEMENTS = ["{{", "}}", "{%", "%}", "{#", "#}", "for x in ", "if ", "endif", "endfor", "else"]
WORDS = [
    *STATEMENTS,
    "customer",
    ".name",
    "loop",
    "x",
    "'a'",
    "9",
    "|",
    "upper",
    "truncate",
    "~",
    "not ",
    "and ",
    *"()[], \n",
]


def complaint(html: str) -> str | None:
    """What is wrong with the template, None if it is good; never takes long."""
    begun = time.monotonic()
    try:
        check({"subject": "x", "html": html})
    except Invalid as error:
        return error.errors[0]["detail"]
    finally:
        assert time.monotonic() - begun < 5
    return None


def rendered(html: str, **values: object) -> str:
    return MessageTemplate({"subject": "x", "html": html}).part("html", {**SAMPLE, **values})


@pytest.mark.parametrize(
    ("html", "result"),
    [
        ("{{ customer.name }}", "示例公司 Example Ltd"),
        ("In {{ customer.sector|upper }}", "In SOFTWARE"),
        ("{% if customer.sector == 'software' %}yes{% else %}no{% endif %}", "yes"),
        ("{{ 'yes' if customer.city and not customer.sector in ['bank'] else 'no' }}", "yes"),
        (
            "{% for word in ['a', 'b'] %}{{ loop.index }}{{ word }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1a, 2b",
        ),
        ("{{ 'a' ~ customer.sector ~ 'b' }}", "asoftwareb"),
        ("{{ '<b>'|e }}{{ '<b>' }}", "&lt;b&gt;&lt;b&gt;"),
        ("{{ unsubscribe_url }}", "https://example.com/unsubscribe"),
        ("{% raw %}{{ x }}{% endraw %}{# a remark #}", "{{ x }}"),
    ],
)
def test_what_a_template_can_say(html, result):
    assert complaint(html) is None
    assert rendered(html) == result


def test_what_is_shown_is_escaped_in_html():
    evil = {"name": "<script>alert('x')</script>", "sector": "", "country": "", "city": '" onload="x'}
    shown = rendered('<img alt="{{ customer.city }}">{{ customer.name }}', customer=evil)
    assert "<script>" not in shown
    assert '" onload' not in shown


@pytest.mark.parametrize(
    "html",
    [
        "{% for i in range(10**9) %}{% endfor %}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 10**10**10 }}",
        "{{ 'a' * 10**9 }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'a'|center(10**9) }}",
        "{{ lipsum(n=100000) }}",
        "{% set x = 'aaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in 'abcdefghij' %}" * 9 + "x" + "{% endfor %}" * 9,
        "{% for a in '" + "a" * 9_000 + "' %}{% for b in '" + "b" * 9_000 + "' %}{% endfor %}{% endfor %}x",
        "{% for a in '" + "a" * 9_000 + "' %}{{ '" + "b" * 9_000 + "' }}{% endfor %}",
        "{{ " + "(" * DEEP + "1" + ")" * DEEP + " }}",
        "{{ " + "not " * DEEP + "1 }}",
        "{{ 1" + " or 1" * DEEP + " }}",
        "{{ customer" + ".name" * DEEP + " }}",
        "{{ 'a'" + "|upper" * DEEP + " }}",
        "{% if 1 %}" * DEEP,
        "{% for x in 'a' %}" * 30 + "x" + "{% endfor %}" * 30,
        "{{ " + "9" * DEEP + " }}",
    ],
    ids=lambda html: html[:40],
)
def test_a_template_that_would_take_for_ever_is_refused_at_once(html):
    assert complaint(html)


@pytest.mark.parametrize(
    "html",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ customer.__class__ }}",
        "{{ customer.name.__init__.__globals__ }}",
        "{{ customer['name'] }}",
        "{{ customer|attr('keys') }}",
        "{{ customer }}",
        "{{ customer.keys() }}",
        "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ config }}",
        "{{ cycler.__init__ }}",
        "{{ namespace(a=1) }}",
        "{{ loop }}",
        "{% for a in 'a' %}{{ loop.cycle }}{% endfor %}",
        "{% for a in 'a' %}{{ loop }}{% endfor %}",
        "{% for customer in 'a' %}{% endfor %}",
        "{{ _steps }}",
        "{% for _steps in 'ab' %}{{ _steps }}{% endfor %}",
        "{{ customer.name|_counted }}",
        "{{ customer.name|safe }}",
        "{{ customer.name|map('upper') }}",
        "{{ customer.name is callable }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% from 'os' import path %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% filter upper %}a{% endfilter %}",
        "{% call(x) y() %}{% endcall %}",
        "{% autoescape false %}{% endautoescape %}",
        "{% do 1 %}",
    ],
)
def test_a_template_reaches_nothing_but_its_variables(html):
    assert complaint(html + "text")


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("a\nb\n{{ customer.nmae }}", 3),
        ("{{ x }}", 1),
        ("\n\n{% if %}", 3),
        ("\n{{ customer.name|nofilter }}", 2),
        ("a\n\n\n{{ customer.name|truncate('x') }}", 4),
        ("{% for a in 5 %}{% endfor %}a", 1),
    ],
)
def test_a_complaint_names_the_line(html, line):
    assert str(complaint(html)).startswith(f"Line {line}: ")


def test_a_branch_that_the_sample_does_not_take_is_checked_too():
    assert complaint("{% if customer.sector == 'never' %}{{ customer.nmae }}{% endif %}x")


def test_a_template_must_cope_with_a_customer_of_whom_little_is_known():
    assert complaint("{{ customer.city|first|upper }}")
    assert complaint("{{ customer.city|default('x', true)|first|upper }}") is None


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_whatever_is_written_is_either_refused_with_reason_or_renders(html):
    if complaint(html) is None:
        assert isinstance(rendered(html), str)


def test_the_way_to_unsubscribe_is_added_where_the_template_forgot_it():
    plain = {"subject": "x", "html": "<html><body><p>Hello</p></body></html>", "text": "Hello"}
    message = MessageTemplate(plain).render(SAMPLE)
    url = SAMPLE["unsubscribe_url"]
    assert message.html == f'<html><body><p>Hello</p><p><a href="{url}">退订 / Unsubscribe</a></p></body></html>'
    assert message.text == f"Hello\n\n退订 / Unsubscribe: {url}\n"

    mindful = {"subject": "x", "html": '<a href="{{ unsubscribe_url }}">Stop</a>', "text": None}
    assert MessageTemplate(mindful).render(SAMPLE).html == f'<a href="{url}">Stop</a>'


def test_a_subject_is_one_line():
    message = MessageTemplate({"subject": "a\r\nBcc: b\x07\tc\u2028d", "html": "x"}).render(SAMPLE)
    assert message.subject == "a Bcc: b c d"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Title</h1><p>One  <b>bold</b>\nword</p><p>Two</p>", "Title\n\nOne bold word\n\nTwo\n"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n\n- Two\n"),
        ('<a href="https://a.example/?x=1&amp;y=2">Offer</a>!', "Offer (https://a.example/?x=1&y=2)!\n"),
        ("<style>p{}</style><script>x()</script><title>t</title>a<!-- no -->b", "ab\n"),
        ("1 &lt; 2<br>3", "1 < 2\n3\n"),
        ("open <b", "open\n"),
    ],
)
def test_the_plain_text_is_made_of_the_html(html, text):
    assert as_plain_text(html) == text


@pytest.mark.parametrize(
    "piece", ["<a ", "<!--", "<a href=", "</", "&", "<p>", "<", "<a href='", " href", "<style>", "<td>\n", " \n"]
)
def test_broken_html_takes_no_time(piece):
    begun = time.monotonic()
    as_plain_text(piece * (400_000 // len(piece)))
    as_plain_text("<a" + piece * (400_000 // len(piece)) + ">")
    assert time.monotonic() - begun < 5
