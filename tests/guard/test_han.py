"""Addresses and names in Chinese characters, by examples of every form, on a generated corpus, and against ordinary sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import benchmarks.detect_zh as benchmark
from secureprofile.guard.addresses import chinese_addresses
from secureprofile.guard.entities import WordLists
from secureprofile.guard.finder import find_everything
from secureprofile.guard.names_han import han_names

ADDRESSES = (
    "浙江省杭州市西湖区文三路138号东方大厦5层", "上海市徐汇区漕溪北路595弄8号302室", "北京市海淀区中关村大街27号院3号楼2单元501室", "湖南省长沙县黄花镇长龙村3组12号",
    "新疆维吾尔自治区乌鲁木齐市天山区解放南路12号", "广东深圳南山区深南大道9988号", "江苏省淑华市永川罗街I座 762328", "和平路12号", "天津市南开区卫津路94号，邮编300071",
    "香港九龍彌敦道123號金輝大廈15樓B室", "香港中環皇后大道中15號置地廣場", "澳門新馬路123號恆生大廈4樓A座", "106台北市大安區忠孝東路四段270號5樓之3", "新北市板橋區文化路一段188巷5弄12號3樓",
    "東京都新宿区西新宿2丁目8番1号", "〒160-0023 東京都新宿区西新宿2-8-1", "大阪府大阪市北区梅田3-1-1", "河北省石家庄市正定县新城铺镇东咬村",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("frame", ["请寄到{}，谢谢", "{}", "地址：{}。", "我家住{}（周末在家）"])
def test_an_address_is_found_exactly(address: str, frame: str) -> None:
    text = frame.format(address)
    assert [text[start:end] for start, end in chinese_addresses(text)] == [address]


@pytest.mark.parametrize("text", [sentence for part in benchmark.TRICKY for sentence in part])
def test_ordinary_sentences_hold_no_address(text: str) -> None:
    assert not list(chinese_addresses(text))


NAMES = {
    "收件人：欧阳明月，已付款": ["欧阳明月"], "客户王芳说没收到": ["王芳"], "和李老师一起": ["李"], "项目经理已确认": [], "买买提·艾力先生要求退货": ["买买提·艾力"],
    "請聯絡陳大文先生": ["陳大文"], "山田太郎様にお送りします": ["山田太郎"], "お客様のご注文": [], "氏名：佐藤 花子": ["佐藤 花子"], "谢谢老师": [], "联系人不方便接电话": [],
    "持卡人阿依古丽·吐尔逊已挂失": ["阿依古丽·吐尔逊"], "姓名:王建国,性别:男": ["王建国"], "高级经理在开会": [],
}  # fmt: skip


@pytest.mark.parametrize("text", NAMES)
def test_names_beside_what_tells_them(text: str) -> None:
    assert [text[start:end] for start, end in han_names(text)] == NAMES[text]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([*ADDRESSES, *NAMES, "市", "区路", "号", "3", " ", "·", "王", "先生", "，"]), max_size=6
    ).map("".join)
)
def test_findings_are_spans_without_overlaps(text: str) -> None:
    for spans in (chinese_addresses(text), ((f.start, f.end) for f in find_everything(text, words=WordLists()))):
        end = 0
        for start, stop in spans:
            assert end <= start < stop <= len(text)
            end = stop


@pytest.fixture(scope="module")
def figures() -> list[dict[str, object]]:
    return benchmark.measure(judging=True, per_kind=60)


def test_the_goals_are_reached_on_the_judging_templates(figures: list[dict[str, object]]) -> None:
    """A small draw of the corpus that ``benchmarks/results/detect_zh.json`` is measured on."""
    assert [figure for figure in figures if not figure["reached"]] == []


def test_a_detector_that_finds_nothing_reaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "detect", lambda text: [])
    missed = [figure["what"] for figure in benchmark.measure(judging=True, per_kind=20) if not figure["reached"]]
    assert len(missed) >= 18


def test_the_corpus_is_the_same_every_time_and_its_spans_hold_the_values() -> None:
    first, again = benchmark.corpus(judging=True, per_kind=20), benchmark.corpus(judging=True, per_kind=20)
    assert first == again
    for text, spans in first["identifiers"]:
        ((kind, start, end),) = spans
        assert text[start:end].strip() == text[start:end] != ""
        assert kind in benchmark.MAKERS


def test_templates_to_judge_with_are_not_those_to_develop_with() -> None:
    for pair in (
        benchmark.ADDRESS_TEMPLATES,
        benchmark.NEGATIVE_TEMPLATES,
        benchmark.CUED,
        benchmark.ORDINARY_FRAMES,
        benchmark.TRICKY,
    ):
        assert not set(pair[0]) & set(pair[1])


@pytest.mark.parametrize("locale", ["zh_CN", "zh_TW", "ja_JP"])
def test_addresses_of_another_generator(locale: str) -> None:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(3)
    found = 0
    for _ in range(200):
        address = fake.address()
        text = f"请寄到{address}，谢谢"
        true = ("address", 3, 3 + len(address))
        found += any(benchmark.overlap(true, ("address", start, end)) >= 0.9 for start, end in chinese_addresses(text))
    assert found >= 190
