r"""One kind of personal datum and how it is recognised: a row of the tables in ``specs_*``.

Patterns use ASCII look-arounds instead of ``\b``, which fails beside Han characters. ``superset`` is the same without look-arounds, for
RE2 in an engine: what it does not match holds nothing of this kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

START, END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSpec:
    """One kind of personal datum and how it is recognised.

    Attributes:
        name: presidio's entity name.
        category: the data category it belongs to.
        label: what replaces it in scrubbed text.
        core: RE2-compatible pattern of the datum itself.
        before, after: what must not stand beside it.
        check: on the matched text; None where the pattern suffices.
        score: confidence without context, 0 to 1.
        needs_context: only counts with a context word before it or in the column's name.
        context: words in English and Chinese that raise the score.
        source: the standard or document.
        examples, counter_examples: its tests.
    """

    name: str
    category: str
    label: str
    core: str
    score: float
    source: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    context: tuple[str, ...] = ()
    needs_context: bool = False
    before: str = START
    after: str = END

    @property
    def pattern(self) -> str:
        """The whole pattern for Python."""
        return f"{self.before}(?:{self.core}){self.after}"

    @property
    def superset(self) -> str:
        """The pattern for RE2: matches every text in which :attr:`pattern` matches."""
        return f"(?:{self.core})"


NOT_PERSONAL = (
    "订单", "订单号", "订单编号", "訂單編號", "訂單號", "单号", "單號", "运单号", "快递单号", "物流单号", "流水号", "交易号", "编号", "编码", "編號", "货号", "工单号", "发票号", "批号", "序列号", "时间戳",
    "金额", "库存", "条码", "条形码", "合同号", "SKU", "sku", "款号", "型号", "快递", "运单", "物流", "顺丰", "圆通", "中通", "韵达", "券码", "验证码", "取件码", "密码", "积分", "数量", "邮编", "门店号", "版本", "版本号", "凭证号", "票号", "注文番号", "伝票番号", "商品番号", "商品コード", "追跡番号", "ean", "gtin", "isbn",
    "barcode", "order number", "order no.", "order no", "order id", "order #", "order#", "order", "tracking number", "tracking no", "tracking id", "invoice number",
    "invoice no", "invoice", "transaction id", "timestamp", "serial number", "serial no", "article number", "bestellnummer", "bestellung", "rechnungsnummer", "artikelnummer", "sendungsnummer",
    "numéro de commande", "número de pedido", "ticket", "ref", "ref.", "batch", "lot", "part number",
)  # fmt: skip
"""Words directly before a number that say it is none of a person's."""


@cache
def not_behind(words: tuple[str, ...] = NOT_PERSONAL) -> str:
    """Return look-behinds that refuse a match directly behind one of the words, with or without a colon and a blank.

    Put them behind a look-ahead for the first sign, so that they are tried at few places.

    Example:
        >>> bool(re.search(not_behind() + "[0-9]{4}", "Order no: 1234")), bool(re.search(not_behind() + "[0-9]{4}", "card 1234"))
        (False, True)
    """
    by_width: dict[int, set[str]] = {}
    for word in words:
        for joint in ("", ":", "：", " ", "是", "为", ": ", "： ", "=", "（", "("):
            if joint or not word.isascii():
                by_width.setdefault(len(word + joint), set()).add(re.escape(word + joint))
    return "".join(f"(?<!(?i:{'|'.join(sorted(those))}))" for _, those in sorted(by_width.items()))


def bare(text: str) -> str:
    """Return letters and digits only: separators do not count for checks."""
    return re.sub(r"[^0-9A-Za-z]", "", text)
