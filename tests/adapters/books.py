"""Workbooks for tests, made with openpyxl: another library than the one that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment

HEAD = ["customer_id", "name", "gender", "birth_date", "mobile", "email", "resident_id", "address", "city", "country", "joined_on",
    "notes"]  # fmt: skip


def book(path: Path, *sheets: tuple[str, str, Sequence[Sequence[Any]]]) -> openpyxl.Workbook:
    """Write sheets given as (name, state, rows); returns the workbook, to be changed and saved again."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, state, rows in sheets:
        sheet = made.create_sheet(name)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(list(row))
    made.save(path)
    return made


def hide_everywhere(made: openpyxl.Workbook, secret: str) -> None:
    """Plant a text in every place beside the cells that openpyxl can write."""
    sheet = made.worksheets[0]
    sheet["A2"].comment = Comment(f"call {secret}", "Ann Author")
    sheet.oddHeader.center.text = f"for {secret}"
    sheet["B2"].hyperlink = f"mailto:{secret}"
    made.properties.creator = "Ann Author"
    made.properties.description = f"see {secret}"
    from openpyxl.packaging.custom import StringProperty
    from openpyxl.workbook.defined_name import DefinedName
    from openpyxl.worksheet.datavalidation import DataValidation

    made.custom_doc_props.append(StringProperty(name="contact", value=secret))
    made.defined_names["who"] = DefinedName("who", attr_text=f'"{secret}"')
    choices = DataValidation(type="list", formula1=f'"{secret},other"')
    sheet.add_data_validation(choices)
    choices.add("C2")
