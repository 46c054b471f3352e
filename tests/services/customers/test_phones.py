"""Telephone numbers: the quick way reads a number as the library does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from services.customers import phones

CODES = st.sampled_from(sorted(COUNTRY_CODE_TO_REGION_CODE))
REST = st.text("0123456789 -", min_size=1, max_size=16)
COUNTRIES = st.sampled_from(["China", "Germany", "Italy", "United States", None])


@given(CODES, REST, COUNTRIES)
def test_a_plain_international_number_is_read_as_the_library_reads_it(code, rest, country):
    text = f"+{code}{rest}"
    assert phones._plain(text, country) in (None, phones._parsed(text, country))


@given(st.from_regex(r"1[0-9]{10}", fullmatch=True))
def test_a_chinese_mobile_number_is_read_as_the_library_reads_it(text):
    assert phones._plain(text, "China") in (None, phones._parsed(text, "China"))


@pytest.mark.parametrize(
    ("text", "country", "read"),
    [
        ("+49 40 123456", None, "+4940123456"),
        ("+8613800138000", "Germany", "+8613800138000"),
        ("13800138000", "China", "+8613800138000"),
        ("040 123456", "Germany", "+4940123456"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("ask the porter", "China", "ask the porter"),
    ],
)
def test_a_number_is_kept_as_the_whole_world_understands_it(text, country, read):
    assert phones.normal_phone(text, country) == read
