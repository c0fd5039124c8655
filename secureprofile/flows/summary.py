"""The verb ``audit summary``: what the log says on the whole, as a page for the compliance team. Making it is recorded first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from secureprofile.adapters.outputs import write_whole
from secureprofile.audit.select import Selection
from secureprofile.audit.summary import Tally
from secureprofile.errors import PolicyRefused
from secureprofile.flows.gate import Context, begin, record
from secureprofile.flows.rotate import key_overview
from secureprofile.flows.summary_parts import (
    anchored_part,
    budget_part,
    days_part,
    keys_part,
    people_parts,
    policies_part,
    purposes_part,
    refusals_part,
    unusual_parts,
)
from secureprofile.flows.tallies import Form, n, rendered, tallied
from secureprofile.report.audit_page import Sheet
from secureprofile.report.wording import Language


def write_summary(
    context: Context,
    output: Path,
    *,
    form: Form,
    lang: Language,
    selection: Selection,
    with_actor: bool,
    overwrite: bool,
) -> Tally:
    """Write the summary as a whole file.

    Raises:
        PolicyRefused: names are asked for by somebody else than the workspace's creator; recorded.
    """
    if with_actor and not context.creator:
        record(context, "audit.summary", result="deny", reason="not-the-creator")
        raise PolicyRefused(
            "only the creator of a workspace sees who is behind staff ids",
            reason="not-the-creator",
            hint="leave --with-actor out, or ask whoever made the workspace",
        )
    with begin(context, "audit.summary", details={"format": form, "names": with_actor, **selection.details()}) as act:
        keys = key_overview(context)
        tally = tallied(context, selection, below=act.index)
        page = rendered(sheet(context, tally, keys, with_actor=with_actor, lang=lang), form, lang, kind="summary")
        write_whole(output, page.encode(), overwrite=overwrite)
        act.commit(lambda tx: None)
    return tally


def sheet(context: Context, tally: Tally, keys: list[Any], *, with_actor: bool, lang: Language) -> Sheet:
    """Return the page's content."""

    def t(en: str, zh: str) -> str:
        return zh if lang == "zh" else en

    names: dict[str, str] = {}
    if with_actor:
        with context.state.reading() as view:
            names = view.staff_names()

    def who(actor: str) -> str:
        return f"{actor} ({names[actor]})" if actor in names else actor

    chosen = tally.selection
    span = f"{chosen.since or t('the beginning', '最初')} {t('to', '至')} {chosen.until or t('now', '现在')}"
    refused = sum(one.refused for one in tally.actors.values())
    handed = tally.handed_out + 1
    return Sheet(
        title=t("Audit summary", "审计摘要"),
        lead=t(
            f"What the log of this workspace says of the time from {span} (UTC).",
            f"本工作区日志对 {span}（UTC）的记载。",
        ),
        facts=(
            (t("Entries in the range", "范围内记录"), n(tally.chosen)),
            (t("Entries in all", "全部记录"), n(tally.entries)),
            (t("Acting people", "操作人员"), n(len(tally.actors))),
            (t("Refusals", "拒绝次数"), n(refused)),
            (t("Unusual", "异常提示"), n(sum(tally.counted.values()))),
            (t("Interrupted", "中断"), n(len(tally.interrupted()))),
        ),
        parts=(
            *people_parts(tally, who, t),
            purposes_part(context, tally, t),
            days_part(tally, t),
            refusals_part(tally, t),
            budget_part(context, tally, t),
            keys_part(keys, tally, t),
            policies_part(context, tally, t),
            *unusual_parts(tally, who, t),
            anchored_part(context, tally, handed, t),
        ),
        limits=(
            t(
                "Sizes are classes (powers of ten): the log holds no exact number of people. What was never written to a log is "
                "found by none; who opens files by other means is not in it.",
                "规模均为数量级（10 的幂）：日志不含确切人数。从未写入的操作任何日志都无法发现；以其他方式打开文件的行为不在其中。",
            ),
            t(
                "This page repeats the log; it does not verify it. Run: secureprofile audit verify",
                "本页只转述日志，并不验证日志。请运行：secureprofile audit verify",
            ),
        ),
        empty=t("Nothing.", "无。"),
    )
