"""Uploaded tables are read whatever they are saved as, or refused with the reason; result files hold each row once."""

import csv
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from chassis.blobs import FolderBlobStore
from chassis.errors import Invalid
from chassis.ids import new_id
from chassis.tables import ResultFile, Row, UnreadableTable, open_upload, read_table

CHINESE = "名称,城市\n测试公司,北京\n示例,上海\n"


def cells_of(content: bytes, **options) -> list[dict[str, str]]:
    with read_table(BytesIO(content), **options) as table:
        return [row.cells for row in table.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_character_set_is_recognised(encoding: str) -> None:
    assert cells_of(CHINESE.encode(encoding)) == [
        {"名称": "测试公司", "城市": "北京"},
        {"名称": "示例", "城市": "上海"},
    ]


def test_western_and_traditional_chinese_files_are_recognised_too() -> None:
    assert cells_of("name,city\nCafé Müller,Zürich\n".encode("cp1252")) == [{"name": "Café Müller", "city": "Zürich"}]
    assert cells_of("名稱,城市\n測試公司聯絡人,台北\n".encode("big5"))[0]["城市"] == "台北"


def test_a_named_character_set_wins_over_the_guess() -> None:
    assert cells_of("name\nJosé\n".encode("latin-1"), encoding="latin-1") == [{"name": "José"}]
    assert cells_of(b"\xef\xbb\xbfname\nx\n", encoding="utf-8") == [{"name": "x"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(delimiter: str) -> None:
    content = f'name{delimiter}"a,b;c,d,e"\nx{delimiter}y\n'.encode()
    assert cells_of(content) == [{"name": "x", "a,b;c,d,e": "y"}]


def test_quotes_line_breaks_and_blank_lines_are_understood() -> None:
    content = b'name,note\r\n\r\n"A ""b"", c","two\nlines"\r\n , \r\nd,\r\n'
    assert cells_of(content) == [{"name": 'A "b", c', "note": "two\nlines"}, {"name": "d", "note": ""}]


def test_short_rows_are_filled_and_surplus_cells_counted() -> None:
    with read_table(BytesIO(b"a,b\n1\n1,2,3,4\n")) as table:
        short, long = table.rows()
    assert (short.cells, short.surplus) == ({"a": "1", "b": ""}, 0)
    assert (long.cells, long.surplus) == ({"a": "1", "b": "2"}, 2)


def test_reading_goes_on_in_the_middle_and_in_chunks() -> None:
    with read_table(BytesIO(b"n\n" + b"".join(b"%d\n" % n for n in range(10)))) as table:
        assert table.row_count == 10
        assert [[row.number for row in chunk] for chunk in table.chunks(3, start=4)] == [[5, 6, 7], [8, 9, 10]]
        assert next(table.rows()).number == 1
        assert [row.cells["n"] for row in table.rows(8)] == ["8", "9"]


def test_nameless_columns_are_called_after_their_place() -> None:
    assert cells_of(b"a,,c,,\n1,2,3\n") == [{"a": "1", "column_2": "2", "c": "3"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"a,b,a\n", "column a is there twice"),
        (b'a,b\n1,"2\n', "Line 2"),
        (b"a\n1\x002\n", "NUL"),
        (b"a\n" + b"x" * 200_000, "Line 2"),
        (b"a\n\xff\xff\xff\n", "character set"),
        ((",".join(f"c{n}" for n in range(501))).encode(), "500 columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableTable, match=reason):
        read_table(BytesIO(content))


def test_a_file_that_changes_its_character_set_is_refused() -> None:
    content = ("a\n" + "é\n" * 70_000).encode() + "é\n".encode("cp1252")
    with pytest.raises(UnreadableTable, match="not utf-8 throughout"):
        read_table(BytesIO(content))


def test_size_and_rows_have_limits() -> None:
    with pytest.raises(UnreadableTable, match="more than 10 bytes"):
        read_table(BytesIO(b"a\n" + b"1\n" * 10), max_bytes=10)
    with pytest.raises(UnreadableTable, match="more than 9 rows"):
        read_table(BytesIO(b"a\n" + b"1\n" * 10), max_rows=9)


def test_a_missing_column_is_named() -> None:
    with read_table(BytesIO(b"a,b\n")) as table:
        table.require({"a"}, "/mapping")
        with pytest.raises(Invalid, match="no column c; it has a, b") as refusal:
            table.require({"a", "c"}, "/mapping")
    assert refusal.value.errors == [{"pointer": "/mapping", "detail": "The file has no column c."}]


def test_equal_rows_have_equal_digests_whatever_the_order_of_columns() -> None:
    one, other = Row(1, {"a": "1", "b": "2"}, 0), Row(7, {"b": "2", "a": "1"}, 0)
    assert one.digest == other.digest
    assert one.digest != Row(1, {"a": "12", "b": ""}, 0).digest


def test_only_own_uploads_open(tmp_path: Path) -> None:
    blobs, me, other = FolderBlobStore(tmp_path), new_id(), new_id()
    blobs.put(f"uploads/{me}/x", BytesIO(b"mine"))
    with open_upload(blobs, f"uploads/{me}/x", me) as file:
        assert file.read() == b"mine"
    for key, person in [(f"uploads/{me}/x", other), (f"uploads/{me}/y", me), (f"uploads/{me}/../{me}/x", me)]:
        with pytest.raises(Invalid):
            open_upload(blobs, key, person)


def result_of(blobs: FolderBlobStore, answer: dict[str, str]) -> list[list[str]]:
    with blobs.open(answer["file"]) as file:
        return list(csv.reader(StringIO(file.read().decode("utf-8-sig"), newline="")))


def test_a_part_written_twice_is_in_the_result_once(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path)
    result = ResultFile(blobs, new_id(), ["name"], ["status", "message"])
    result.write_part(0, [(Row(1, {"name": "a"}, 0), ("created", None))])
    result.write_part(1, [(Row(2, {"name": "b"}, 0), ("lost", ""))])
    result.write_part(1, [(Row(2, {"name": "b"}, 0), ("skipped", "known"))])
    answer = result.finish(2, "rows.csv")
    assert result_of(blobs, answer) == [["name", "status", "message"], ["a", "created", ""], ["b", "skipped", "known"]]
    assert answer["name"] == "rows.csv"
    assert not blobs.exists(answer["file"].replace("result.csv", "part-0.csv"))
    assert result.finish(2, "rows.csv") == answer, "a second attempt after the parts are gone"


def test_an_outcome_column_does_not_hide_one_of_the_upload(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path)
    result = ResultFile(blobs, new_id(), ["status", "status_2"], ["status"])
    assert result_of(blobs, result.finish(0, "rows.csv")) == [["status", "status_2", "status_3"]]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path)
    cells = ["=1+1", "@SUM(1)", "-2+cmd|x", "+49 30 123", "-5.5", "a=b"]
    result = ResultFile(blobs, new_id(), ["x"], [])
    result.write_part(0, [(Row(n, {"x": cell}, 0), ()) for n, cell in enumerate(cells)])
    written = [line[0] for line in result_of(blobs, result.finish(1, "rows.csv"))]
    assert written == ["x", "'=1+1", "'@SUM(1)", "'-2+cmd|x", "+49 30 123", "-5.5", "a=b"]
