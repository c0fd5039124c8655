"""Addresses of both kinds made coarse, as expressions: IP addresses to their network, postal ones to their city.

Patterns stay within what RE2 and Java understand alike. What is not recognised becomes NULL: never a part of it.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# --- IP -----------------------------------------------------------------------------------------------------------------

_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_H = "[0-9a-f]{1,4}"
_V6 = "|".join(
    [
        rf"(?:{_H}:){{7}}{_H}",
        rf"(?:{_H}:){{1,7}}:",
        rf":(?::{_H}){{1,7}}",
        "::",
        *(rf"(?:{_H}:){{1,{7 - tail}}}(?::{_H}){{1,{tail}}}" for tail in range(1, 7)),
    ]
)
"""RFC 4291 §2.2; a dotted tail has become two groups before."""


def network(text: ir.StringValue) -> ir.StringValue:
    """Return the /24 of an IPv4 and the /48 of an IPv6 address as RFC 5952 spells it; NULL for anything else.

    Leading zeros in IPv4 (octal to some, decimal to others), zones and ports are not understood.
    """
    lower = text.lower()
    fourth = lower.re_extract(rf"^({_BYTE}(?:\.{_BYTE}){{2}})\.{_BYTE}\z", 1).nullif(ibis.literal("")) + ".0/24"
    plain = lower.re_replace(rf":{_V4}$", ":0:0")
    sixth = ibis.ifelse(plain.re_search(rf"^(?:{_V6})\z"), _site(plain), ibis.null("string"))
    return ibis.coalesce(fourth, sixth)


def _site(text: ir.StringValue) -> ir.StringValue:
    """Return the /48 of a valid, lower-case IPv6 address.

    ``::`` is written out first: with a group on each side of it, an address has as many groups as colons. Each step names its
    text once or twice: expressions are trees, and repeating one in every step would double it each time.
    """
    ended = text.re_replace("^::", "0::").re_replace("::$", "::0")
    missing = 8 - ended.re_replace("[^:]", "").length()
    whole = ended.replace("::", ":" + ibis.literal("0:").repeat(missing))
    groups = whole.re_extract(rf"^({_H}:{_H}:{_H}):", 1).re_replace(r"\b0+\B", "").re_replace("(?::0)+$", "")
    return groups.re_replace("^0$", "") + "::/48"


# --- post ---------------------------------------------------------------------------------------------------------------

_HAN = r"[\x{4e00}-\x{9fff}]"
_PROVINCE = (
    "(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾"
    "|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?:壮族|回族|维吾尔)?(?:省|自治区|特别行政区|市)?"
)
_PREFECTURE = r"(?:東京都|北海道|京都府|大阪府|[\x{4e00}-\x{9fff}]{2,3}県)"
_CITY = r"[^ -~,，路街道巷弄号区县縣村楼室市]{1,7}(?:市|自治州|地区|盟)"
"""Without what ends the name of something smaller: a street called after a city is no city. Bounds are small, for RE2 unrolls them."""
_LEAD = r"^(?:〒?[0-9]{3}-?[0-9]{3,4}\s*)?(?:中国|中华人民共和国|日本)?\s*"
_EASTERN = rf"{_LEAD}((?:{_PROVINCE}|{_PREFECTURE})?\s*{_CITY}|{_PROVINCE}|{_PREFECTURE})"

_POSTCODE = (
    r"(?:[A-Z]{1,2}[0-9][0-9A-Z]?\s?[0-9][A-Z]{2}|[A-Z][0-9][A-Z]\s?[0-9][A-Z][0-9]|[0-9]{4}\s?[A-Z]{2}|[0-9]{3}\s[0-9]{2}"
    r"|(?:[A-Z]{1,2}-)?[0-9]{4,6}(?:-[0-9]{3,4})?)"
)
_TOWN = r"([^0-9,:@#]+?)"
_STATE = r"(?:[A-Z]{2,3}\.?)"
_COUNTRY = r"(?:,[^0-9,]+)?\s*$"
_WESTERN = (
    rf",\s*{_POSTCODE}\s+{_TOWN}{_COUNTRY}",  # …, 10115 Berlin, Germany
    rf",\s*{_TOWN}\s*,\s*{_STATE}\s*,?\s*{_POSTCODE}{_COUNTRY}",  # …, New York, NY 10118
    rf",\s*{_TOWN}\s+{_STATE}\s+{_POSTCODE}{_COUNTRY}",  # …, Sydney NSW 2000
    rf",\s*{_TOWN}(?:\s*,\s*|\s+){_POSTCODE}{_COUNTRY}",  # …, Leeds LS1 4AB
    rf"^[^,]*[0-9][^,]*,(?:[^,]*[0-9][^,]*,)*?\s*{_TOWN}\s*(?:,[^0-9]*)?$",  # 1 Mill Lane, Leeds
)
_STREETS = (
    r"(?i)(?:\b(?:street|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|close|crescent|place|square|sq|terrace|way|boulevard|blvd|parkway|"
    r"highway|row|mews|grove|gardens|hill|walk|alley|rue|via|viale|calle|avenida|chemin|piazza|plaza|praça|rua|quai|allée|flat|apt|"
    r"apartment|suite|unit|floor|room|house|building|block|box|cottage|farm)\b|stra(?:ß|ss)e|str\.|\bst\.?$|gasse|weg\b|platz\b|allee\b|straat|laan\b)"
)


def region(text: ir.StringValue) -> ir.StringValue:
    """Return province and city of a Chinese (prefecture and city of a Japanese) address, the city of a Western one; else NULL.

    Western addresses need commas between their parts. A part that reads like a street or a house is not taken for a city.
    """
    flat = text.re_replace(r"[\r\n;，、,]+", ",")
    eastern = flat.re_extract(_EASTERN, 1)
    towns = [flat.re_extract(pattern, 1).strip().nullif(ibis.literal("")) for pattern in _WESTERN]
    town = ibis.coalesce(*towns)
    western = ibis.ifelse(town.re_search(_STREETS) | ~town.re_search(r"^\p{L}{2}"), ibis.null("string"), town)
    return ibis.ifelse(flat.re_search(_HAN), eastern.re_replace(r"\s", "").nullif(ibis.literal("")), western)
