from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import stat
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters import files
from secureprofile.adapters.files import Source, csv_error_line, sniff, utf8_path
from secureprofile.errors import CannotTell, InputError

PEOPLE = "姓名,城市,备注\n王小明,上海,喜欢篮球，周末送货\n李雷,杭州,\n欧阳娜娜,重庆,门店签字\n"
WESTERN = "name;ville\nZoé Müller;Besançon\nJoão Conceição;São Luís\nAnn O’Neill;Nîmes – Gard\n"
SECRET = "Zanzibar-4711"
"""Stands in the cells of bad files, and never in a message."""


def put(folder: Path, data: bytes | str, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        sniff(path)
    assert caught.value.exit_code == 2
    assert caught.value.hint
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert SECRET not in f"{caught.value}{caught.value.hint}"
    return str(caught.value)


def rows(source: Source, tmp: Path) -> list[tuple[str | None, ...]]:
    """Read with DuckDB as the engine does: explicit settings only."""
    with utf8_path(source, tmp) as path:
        return duckdb.connect().read_csv(
            str(path),
            auto_detect=False,
            all_varchar=True,
            header=True,
            strict_mode=True,
            delimiter=source.delimiter,
            quotechar=source.quote,
            escapechar=source.quote,
            columns=dict.fromkeys(source.columns, "VARCHAR"),
            compression=source.compression if path == source.path else "none",
        ).fetchall()  # fmt: skip


# --- encodings ---


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (PEOPLE, "utf-8", "utf-8"),
        (PEOPLE, "utf-8-sig", "utf-8-sig"),
        (PEOPLE, "gb18030", "gb18030"),
        (PEOPLE, "gbk", "gb18030"),
        (PEOPLE, "utf-16", "utf-16"),
        (PEOPLE, "utf-16-le", "utf-16-le"),
        (PEOPLE, "utf-16-be", "utf-16-be"),
        (PEOPLE, "utf-32", "utf-32"),
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN, "cp1252", "cp1252"),
        (WESTERN, "utf-16-le", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_are_recognised_and_read(tmp_path: Path, text: str, codec: str, encoding: str, packed: bool) -> None:
    data = text.encode(codec)
    source = sniff(put(tmp_path, gzip.compress(data) if packed else data))
    delimiter = ";" if text is WESTERN else ","
    header, *body = csv.reader(io.StringIO(text), delimiter=delimiter)
    assert source.encoding == encoding
    assert source.compression == ("gzip" if packed else "none")
    assert (source.delimiter, source.newline, source.columns) == (delimiter, "\n", tuple(header))
    assert rows(source, tmp_path) == [tuple(cell or None for cell in row) for row in body]


def test_marked_gb18030_loses_its_mark(tmp_path: Path) -> None:
    source = sniff(put(tmp_path, ("\ufeff" + PEOPLE).encode("gb18030")))
    assert source.columns == ("姓名", "城市", "备注")
    assert rows(source, tmp_path)[0][0] == "王小明"


@pytest.mark.parametrize("packed", [False, True])
def test_a_late_foreign_byte_decides(tmp_path: Path, packed: bool) -> None:
    data = b"id,name\n" + b"1,Ann\n" * 500_000 + "2,李雷\n".encode("gb18030")
    assert len(data) > 2 * files.SAMPLE
    source = sniff(put(tmp_path, gzip.compress(data, 1) if packed else data))
    assert source.encoding == "gb18030"


def test_rare_characters_stay_chinese(tmp_path: Path) -> None:
    names = "姓名\n陶喆\n朱镕\n李昇\n周珺\n王小明，住上海市浦东新区\n张伟\n刘洋\n赵敏\n陈静\n"
    assert sniff(put(tmp_path, names.encode("gb18030"))).encoding == "gb18030"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("이름,도시\n김철수,서울특별시 강남구\n이영희,부산광역시 해운대구\n박민수,대구광역시\n최지우,인천\n", "euc-kr"),
        ("名前,都市\n田中さくら,とうきょう\n鈴木いちろう,おおさか\n佐藤はなこ,なごや\n", "shift-jis"),
        ("姓名,城市\n陳建宏,臺北市\n林淑芬,高雄市\n黃志偉,臺中市\n張雅婷,臺南市\n", "big5"),
        ("имя,город\nИван Петров,Москва\nОльга Сидорова,Казань\n", "koi8-r"),
        ("имя,город\nИван Петров,Москва\nОльга Сидорова,Казань\n", "cp1251"),
    ],
)
def test_other_encodings_are_refused_rather_than_garbled(tmp_path: Path, text: str, codec: str) -> None:
    data = text.encode(codec)
    first = next(i for i, byte in enumerate(data, 1) if byte > 127)
    assert f"byte {first:,} is not UTF-8" in refusal(put(tmp_path, data))


def test_damage_is_refused_by_position(tmp_path: Path) -> None:
    start = PEOPLE.encode() * 30_000
    assert len(start) > files.SAMPLE
    for damage in (b"\xff\xff,x,y\n", b"\xe7\x8e"):  # a foreign byte, and a character that breaks off
        said = refusal(put(tmp_path, start + damage))
        assert f"byte {len(start) + 1:,} is not UTF-8" in said
    assert "is not UTF-16" in refusal(put(tmp_path, PEOPLE.encode("utf-16") + b"\x00\xd8"))
    assert "is not UTF-8" in refusal(put(tmp_path, PEOPLE.encode("utf-8-sig") + b"\xff"))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n",;\t|')), min_size=1, max_size=30))
def test_utf8_always_wins(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    folder = tmp_path_factory.mktemp("utf8")
    assert sniff(put(folder, "column\n" + "\n".join(cells))).encoding == "utf-8"


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5, codec="gb2312"), min_size=2), min_size=20
    )
)
def test_chinese_is_never_read_as_western(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    folder = tmp_path_factory.mktemp("han")
    data = ("列名,x\n" + "".join(f"{cell},1\n" for cell in cells)).encode("gb18030")
    try:
        source = sniff(put(folder, data))
    except InputError:  # nearly every character from the rows that Korean uses, too
        assert sum(row > 0xC8 for row in "".join(cells).encode("gb2312")[::2]) < len("".join(cells)) / 20
    else:
        assert source.encoding == "gb18030"


# --- dialects ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_dialects(tmp_path: Path, delimiter: str, newline: str) -> None:
    table = [
        ["id", " note ", "amount, EUR; net|all"],
        ["1", 'says "hi", and; leaves', "1,5"],
        ["2", "two\nlines", "2"],
    ]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
    source = sniff(put(tmp_path, out.getvalue()))
    assert (source.delimiter, source.quote, source.newline) == (delimiter, '"', newline)
    assert source.columns == ("id", "note", "amount, EUR; net|all")
    assert rows(source, tmp_path) == [tuple(row) for row in table[1:]]
    with utf8_path(source, tmp_path) as path:
        assert path == source.path


def test_single_quotes_when_nothing_else_fits(tmp_path: Path) -> None:
    source = sniff(put(tmp_path, "a,b\n1,'x,y'\n2,'z'\n"))
    assert source.quote == "'"
    assert rows(source, tmp_path) == [("1", "x,y"), ("2", "z")]
    assert sniff(put(tmp_path, "a,b\n1,'t Hooft\n2,O'Neill\n")).quote == '"'


def test_ragged_rows_do_not_change_the_dialect(tmp_path: Path) -> None:
    source = sniff(put(tmp_path, "a,b,c\n1,2,3\n4;5;6\n1,2\n1,2,3\n"))
    assert (source.delimiter, source.quote, source.columns) == (",", '"', ("a", "b", "c"))
    source = sniff(put(tmp_path, 'a,b\n1,"x\n2,y\n'))
    assert (source.delimiter, source.quote) == (",", '"')


def test_one_column_and_a_stray_title(tmp_path: Path) -> None:
    assert sniff(put(tmp_path, "email\na@example.com\nb@example.com\n")).columns == ("email",)
    titled = sniff(put(tmp_path, "Export of May\nid,name\n1,Ann\n"))
    with pytest.raises(duckdb.Error) as caught:
        rows(titled, tmp_path)
    assert csv_error_line(str(caught.value)) == 2


def test_mixed_line_ends_are_levelled_in_a_copy(tmp_path: Path) -> None:
    data = b'a,b\n1,"x\r\ny"\n' + b"1,2\n" * 400_000 + b"3,4\r\n5,6\n"
    source = sniff(put(tmp_path, data))
    assert source.newline == "mixed"
    read = rows(source, tmp_path)
    assert (read[0], read[-2:], len(read)) == (("1", "x\ny"), [("3", "4"), ("5", "6")], 400_003)


def test_line_ends_inside_cells_do_not_count(tmp_path: Path) -> None:
    data = b'a,b\r\n1,"x\ny"\r\n' + b'2,"p\rq"\r\n' * 200_000
    source = sniff(put(tmp_path, data))
    assert source.newline == "\r\n"
    assert rows(source, tmp_path)[:2] == [("1", "x\ny"), ("2", "p\rq")]


def test_line_ends_split_between_pieces(tmp_path: Path) -> None:
    for shift in range(4):
        data = b"a,b\r\n" + b"x" * shift + b',"\n"\r\n' + b"1,2\r\n" * 500_000
        assert sniff(put(tmp_path, data)).newline == "\r\n"


@pytest.mark.parametrize(("before", "lines"), [("\n \t\r\n", 2), ("sep=;\r\n", 1), ("\n\nsep=;\n", 3)])
def test_lines_before_the_header_are_skipped(tmp_path: Path, before: str, lines: int) -> None:
    source = sniff(put(tmp_path, before + "a;b\n1;2\n"))
    assert (source.columns, source.delimiter, source.preamble) == (("a", "b"), ";", lines)
    assert rows(source, tmp_path) == [("1", "2")]


def test_a_huge_cell(tmp_path: Path) -> None:
    source = sniff(put(tmp_path, "a,b\n1," + "x" * 10_000_000 + "\n2,y\n"))
    assert (source.columns, source.delimiter) == (("a", "b"), ",")
    source = sniff(put(tmp_path, json.dumps({"a": 1, "b": "x" * 3_000_000}) + '\n{"c": 1}\n', "in.jsonl"))
    assert source.columns == ("a", "b", "c")


def test_header_only_is_a_table_without_rows(tmp_path: Path) -> None:
    for data in ("a,b\n", "a,b"):
        source = sniff(put(tmp_path, data))
        assert source.columns == ("a", "b")
        assert rows(source, tmp_path) == []


CELLS = st.text(
    st.characters(codec="gb18030", exclude_categories=("Cc", "Cs")) | st.sampled_from(',;"\n\t|'), max_size=8
)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_what_csv_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[tuple[str, str, str]],
    delimiter: str,
    codec: str,
    packed: bool,
) -> None:
    folder = tmp_path_factory.mktemp("round")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("first", "second", "third"), *table])
    data = out.getvalue().encode(codec)
    source = sniff(put(folder, gzip.compress(data) if packed else data))
    assert source.columns == ("first", "second", "third")
    assert rows(source, folder) == [tuple(cell or None for cell in row) for row in table]


# --- copies ---


def test_a_copy_is_private_and_goes_away(tmp_path: Path) -> None:
    source = sniff(put(tmp_path, PEOPLE.encode("gb18030")))
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    with utf8_path(source, tmp) as path:
        assert path.parent == tmp
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text(encoding="utf-8") == PEOPLE
    assert list(tmp.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), utf8_path(source, tmp):
        raise KeyboardInterrupt
    assert list(tmp.iterdir()) == []


def test_a_full_disk_while_copying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sniff(put(tmp_path, PEOPLE.encode("gb18030")))
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    real = os.fdopen

    def full(handle: int, *args: object, **kwargs: object) -> object:
        os.close(handle)
        return Path("/dev/full").open("w", encoding="utf-8")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(CannotTell, match="disk is full"), utf8_path(source, tmp):
        pass
    monkeypatch.setattr(os, "fdopen", real)
    assert list(tmp.iterdir()) == []


def test_a_source_that_changes_before_it_is_copied(tmp_path: Path) -> None:
    source = sniff(put(tmp_path, PEOPLE.encode("gb18030")))
    put(tmp_path, b"\xff" + SECRET.encode())
    with pytest.raises(InputError, match="changed while it was read") as caught, utf8_path(source, tmp_path):
        pass
    assert SECRET not in str(caught.value)


# --- other formats ---


def test_json_lines(tmp_path: Path) -> None:
    text = '\n{"id": 1, "who": {"name": "王小明"}}\n\n{"id": 2, "Note ": "x"}\n'
    for codec in ("utf-8", "utf-8-sig", "gb18030"):
        for pack in (bytes, gzip.compress):
            source = sniff(put(tmp_path, pack(text.encode(codec)), "in.jsonl"))
            assert (source.format, source.columns) == ("jsonl", ("id", "who", "Note "))
            with utf8_path(source, tmp_path) as path:
                compression = source.compression if path == source.path else "none"
                query = (
                    f"SELECT who FROM read_json('{path}', format='newline_delimited', compression='{compression}', "
                    "columns={'id': 'VARCHAR', 'who': 'VARCHAR'}) WHERE id = '1'"
                )
                assert json.loads(duckdb.connect().sql(query).fetchall()[0][0]) == {"name": "王小明"}


def test_json_keys_of_a_cut_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SAMPLE", 40)
    source = sniff(put(tmp_path, '{"a": 1, "b": 2}\n' * 9 + '{"c": 3}\n', "in.jsonl"))
    assert source.columns == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n "id": 1\n}\n{"id"\n', "object 2, at line 4: it is not complete"),
        (f'{{"id": 1}}\n["{SECRET}"]\n', "line 2 is not one complete JSON object"),
        (f'{{"id": "{SECRET}"\n', "object 1, at line 1: it is not complete, or breaks JSON's rules"),
        ('{"id": 1, "ID": 2}\n', "columns 1 and 2 have the same name"),
        ('{"id": 1, " ": 2}\n', "column 2 has no name"),
        (f'[["{SECRET}"]]', "a JSON array of arrays, whose columns have no names"),
        (f'[{{"id": "{SECRET}"}}', "object 1, at line 1: the array does not go on or end behind it"),
        (f'[{{"id": "{SECRET}"}},\n"{SECRET}"]', "object 2, at line 2: it is no object"),
        (f'[{{"id": "{SECRET}"}}]\n{SECRET}', "object 1, at line 2: something stands behind the array's end"),
        ('[{"id": 1}, ]', "object 2, at line 1: it is no object"),
        ('[{"id": NaN}]', "object 1, at line 1: it is not complete, or breaks JSON's rules"),
        ("[]", "holds no object"),
        (f'{{"count": 1,\n "people": [\n{{"id": "{SECRET}"}}]}}', "is one object around the rows"),
        ('{"a":' * 5000, "object 1, at line 1: it is"),
    ],
)
def test_bad_json(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(put(tmp_path, text, "in.jsonl"))


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"编号": [1], "who": [{"name": SECRET}]}), path)
    source = sniff(path)
    assert (source.format, source.columns) == ("parquet", ("编号", "who"))
    with utf8_path(source, tmp_path) as same:
        assert same == path
    data = path.read_bytes()
    assert "damaged Parquet" in refusal(put(tmp_path, data[: len(data) // 2], "cut.parquet"))
    assert "Parquet inside gzip" in refusal(put(tmp_path, gzip.compress(data), "in.parquet.gz"))
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "X"]), path)
    assert "columns 1 and 2 have the same name" in refusal(path)


# --- refusals ---


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (gzip.compress(b""), "is empty"),
        (b" \n\t\r\n", "nothing but blanks"),
        (b"\xef\xbb\xbf\n", "nothing but blanks"),
        (b"sep=;\n", "has no header"),
        (f"id,name\n1,{SECRET}\0\n".encode(), "NUL bytes"),
        (b"id,name\n" + b"1,2\n" * 400_000 + b"1,\0\n", "NUL bytes"),
        (random.Random(1).randbytes(5000), "binary data"),
        (random.Random(1).randbytes(5000).replace(b"\0", b"x"), "is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
        (b"SQLite format 3\0", "an SQLite database"),
        (gzip.compress(gzip.compress(b"a,b\n")), "gzip inside gzip"),
        (f"<!DOCTYPE html><p>{SECRET}".encode(), "a web page or XML"),
        (f"id,name, ID \n1,{SECRET},2\n".encode(), "columns 1 and 3 have the same name"),
        (f"id,,name\n1,{SECRET},2\n".encode(), "column 2 has no name"),
        (f"id,name,\n1,{SECRET},\n".encode(), "column 3 has no name"),
        (f'id,"name\n1,{SECRET}\n'.encode(), "quotes of the header do not match"),
        (b"a," + b"x" * 200_000 + b"\n", "or it has no end"),
        (gzip.compress(f"id,name\n1,{SECRET}\n".encode() * 99)[:-12], "cannot be unpacked to the end"),
        (gzip.compress(f"id,name\n1,{SECRET}\n".encode()) + b"tail", "cannot be unpacked to the end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals(tmp_path: Path, data: bytes, said: str) -> None:
    message = refusal(put(tmp_path, data))
    assert said in message
    assert "in.csv" in message


def test_archives_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    for inside, said in (("word/document.xml", "an office"), ("content.xml", "an office"), ("a.csv", "a ZIP")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(inside, SECRET)
        assert said in refusal(path)
    with pytest.raises(InputError) as caught:
        sniff(path)
    assert "unpack it" in caught.value.hint
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", SECRET)
    assert sniff(path).format == "workbook"
    assert "a ZIP archive" in refusal(put(tmp_path, b"PK\x03\x04 cut"))


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no file" in refusal(tmp_path / "none.csv")
    assert "is a folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")
    assert "cannot be opened" in refusal(tmp_path / ("x" * 300))

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    path = put(tmp_path, "a,b\n")
    monkeypatch.setattr(Path, "open", denied)
    assert "may not be read" in refusal(path)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (f"Invalid Input Error: CSV Error on Line: 3\nOriginal Line: 1,{SECRET}", 3),
        ("CSV Error on Line: 12", 12),
        ("Conversion Error: CSV Error on Line: 1234567\nCSV Error on Line: 5", 1234567),
        (f"Invalid Input Error: {SECRET} CSV Error on Line: 9", None),
        ("Invalid Input Error: CSV Error on Line: 3x", None),
        ("IO Error: No space left", None),
        ("", None),
    ],
)
def test_error_lines(message: str, line: int | None) -> None:
    assert csv_error_line(message) == line


def test_error_lines_are_duckdbs_own(tmp_path: Path) -> None:
    for data, line in (("a,b\n1,2\n3\n", 3), ("a,b\n1,2,3\n", 2), ('a,b\n1,2\n3,4\n5,"x\n', 4)):
        with pytest.raises(duckdb.Error) as caught:
            rows(sniff(put(tmp_path, data)), tmp_path)
        assert csv_error_line(str(caught.value)) == line


# --- real files ---


@pytest.mark.parametrize(
    ("name", "count", "delimiter", "first", "last"),
    [
        ("online_retail.csv.gz", 541_909, ",", "InvoiceNo", "Country"),
        ("arx_adult/adult.csv", 30_162, ";", "sex", "salary-class"),
        ("complete_journey/transactions_sample.csv.gz", 75_000, ",", "household_id", "transaction_timestamp"),
        ("complete_journey/demographics.csv.gz", 801, ",", "household_id", "kids_count"),
        ("complete_journey/coupon_redemptions.csv.gz", 2_102, ",", "household_id", "redemption_date"),
        ("complete_journey/campaigns.csv.gz", 6_589, ",", "campaign_id", "household_id"),
        ("complete_journey/products.csv.gz", 92_331, ",", "product_id", "package_size"),
    ],
)
def test_real_tables(
    shared_data: Path, tmp_path: Path, name: str, count: int, delimiter: str, first: str, last: str
) -> None:
    source = sniff(shared_data / name)
    assert (source.format, source.encoding, source.delimiter) == ("csv", "utf-8", delimiter)
    assert (source.columns[0], source.columns[-1]) == (first, last)
    assert len(rows(source, tmp_path)) == count


def test_a_real_array(shared_data: Path) -> None:
    source = sniff(shared_data / "pii_text_en.json.gz")
    assert (source.format, source.compression, source.columns[0]) == ("json", "gzip", "full_text")


def test_real_files_that_are_no_tables(shared_data: Path) -> None:
    # A first row of data passes for a header here: whether names look like data is for the guard to say.
    assert len(sniff(shared_data / "adult.csv.gz").columns) == 15
