"""The filter tree: what it can say, what it refuses, and that nothing in it reaches SQL as text."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, Numeric, String, Table, Uuid, select
from sqlalchemy.dialects import postgresql

from chassis.errors import Invalid
from chassis.filter_description import tree_schema
from chassis.filters import FilterTooLarge, compiled
from chassis.identity.caller import Caller
from chassis.identity.policy import Field, FieldRules, Resource

things = Table(
    "things",
    MetaData(),
    Column("name", String),
    Column("size", Integer),
    Column("price", Numeric),
    Column("open", Boolean),
    Column("owner_id", Uuid),
    Column("made_at", DateTime(timezone=True)),
    Column("tags", postgresql.ARRAY(String)),
)
COLUMNS = {column.key: column for column in things.c}
DESCRIBED = Draft202012Validator(
    {"$ref": "#/$defs/Tree", "$defs": {"Tree": tree_schema(COLUMNS, {"$ref": "#/$defs/Tree"})}}
)
"""What the API description says of trees; times without a zone are a matter of formats, which it does not check."""


THINGS = Resource("things", fields={name: Field() for name in COLUMNS})
SOMEBODY = Caller(user_id=UUID(int=1), session_id=None, name="Somebody")


def condition(tree, caller=SOMEBODY):
    return compiled(tree, COLUMNS, resource=THINGS, caller=caller)


def sql(tree) -> str:
    return str(select(things.c.name).where(condition(tree)).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"field": "name", "op": "eq", "value": "x"}, "things.name = "),
        ({"field": "name", "op": "contains", "value": "x"}, "things.name ILIKE '%%' || "),
        ({"field": "size", "op": "in", "value": [1, 2]}, "things.size = ANY "),
        ({"field": "price", "op": "gte", "value": "10.5"}, "things.price >= "),
        ({"field": "open", "op": "is_null", "value": True}, "things.open IS NULL"),
        ({"field": "made_at", "op": "lt", "value": "2026-01-31T09:00:00Z"}, "things.made_at < "),
        ({"field": "tags", "op": "has_any", "value": ["a"]}, "things.tags && "),
        ({"field": "size", "op": "eq", "value": 3.0}, "things.size = "),
        ({"field": "price", "op": "lt", "value": 1e-300}, "things.price < "),
        ({"not": {"field": "size", "op": "ne", "value": 3}}, "IS NOT DISTINCT FROM"),
        ({"or": [{"field": "size", "op": "lt", "value": 3}, {"field": "open", "op": "eq", "value": True}]}, " OR "),
    ],
)
def test_a_tree_becomes_a_condition_and_is_described(tree, expected):
    assert expected in sql(tree)
    assert DESCRIBED.is_valid(tree)


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        ({"field": "secret", "op": "eq", "value": 1}, "/filter/field"),
        ({"field": "size", "op": "eq", "value": "1"}, "/filter/value"),
        ({"field": "size", "op": "eq", "value": 2**40}, "/filter/value"),
        ({"field": "size", "op": "like", "value": 1}, "/filter/value"),
        ({"field": "made_at", "op": "lt", "value": "2026-01-31T09:00:00"}, "/filter/value"),
        ({"field": "price", "op": "lt", "value": "NaN"}, "/filter/value"),
        ({"field": "price", "op": "lt", "value": "1e5"}, "/filter/value"),
        ({"field": "size", "op": "eq", "value": 3.5}, "/filter/value"),
        ({"field": "tags", "op": "eq", "value": "a"}, "/filter/value"),
        ({"and": []}, "/filter/and"),
        ({"and": [{"field": "size", "op": "eq"}, {"or": 3}]}, "/filter/and/0/value"),
        ({"nand": []}, "/filter"),
        ([], "/filter"),
    ],
)
def test_a_wrong_tree_is_refused_with_its_place(tree, pointer):
    with pytest.raises(Invalid) as refused:
        condition(tree)
    assert refused.value.errors[0]["pointer"] == pointer
    assert not DESCRIBED.is_valid(tree) or tree.get("field") == "made_at"


@pytest.mark.parametrize("rule", ["masked", "hidden", {"own": "full", "others": "masked"}])
def test_a_field_that_the_caller_may_not_read_everywhere_is_as_unknown_as_any(rule):
    caller = replace(SOMEBODY, field_rules=FieldRules.of_roles([{"things": {"size": rule}}]))
    complaints = []
    for name in ("size", "secret"):
        with pytest.raises(Invalid) as refused:
            condition({"field": name, "op": "gt", "value": 3}, caller)
        complaints.append(refused.value.errors)
    assert complaints[0] == complaints[1]
    assert "size" not in complaints[0][0]["detail"]


def test_a_tree_may_be_neither_deep_nor_wide_without_end():
    deep = {"field": "size", "op": "eq", "value": 1}
    for _ in range(20):
        deep = {"not": deep}
    wide = {"and": [{"field": "size", "op": "eq", "value": 1}] * 51}
    for tree in (deep, wide):
        with pytest.raises(FilterTooLarge):
            condition(tree)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
tests = st.fixed_dictionaries(
    {
        "field": st.sampled_from([*COLUMNS, "secret"]) | values,
        "op": st.sampled_from(["eq", "in", "lt", "has"]) | values,
    },
    optional={"value": values},
)
trees = st.recursive(
    tests | values,
    lambda inner: st.fixed_dictionaries({"and": st.lists(inner)}) | st.fixed_dictionaries({"not": inner}),
    max_leaves=8,
)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_in_is_compiled_or_refused(tree):
    try:
        text = sql(tree)
    except Invalid:
        return
    assert "secret" not in text
