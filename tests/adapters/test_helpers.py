"""Processes that scrub beside ours: the same results, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil

from secureprofile.adapters.helpers import Cell, Helpers, scrub_cells

CELLS: list[Cell] = [
    ("mail ada@example.org", "", ()),
    ("Ada wrote", "NAME\x1fAda", ()),
    ("met josé muñoz", "", ("njose munoz",)),
    ("电话13812345678", "", ()),
    ("", "", ()),
]


def loaded(helpers: Helpers, count: int) -> None:
    """Wait until so many helpers have loaded; each then stands in the queue, beside this process."""
    for _ in range(600):
        if helpers._free.qsize() == count + 1:
            return
        time.sleep(0.1)
    raise AssertionError("the helpers did not come")


def helpers_running() -> list[psutil.Process]:
    """Return our children, without a JVM that other tests of this process may have left."""
    return [child for child in psutil.Process().children() if child.name() != "java"]


def test_helpers_give_what_we_give() -> None:
    here = scrub_cells()
    helpers = Helpers(here, most=2, long=1)
    try:
        assert helpers(CELLS) == here(CELLS)
        loaded(helpers, 2)
        with ThreadPoolExecutor(6) as threads:
            assert all(done == here(CELLS) for done in threads.map(lambda _: helpers(CELLS), range(60)))
    finally:
        helpers.close()
    assert not helpers_running()


def test_a_short_table_starts_none() -> None:
    helpers = Helpers(scrub_cells(), most=2, long=1000)
    helpers(CELLS)
    assert not helpers_running()
    helpers.close()


def test_the_work_of_a_killed_helper_is_done_here() -> None:
    here = scrub_cells()
    helpers = Helpers(here, most=1, long=1)
    try:
        helpers(CELLS)
        loaded(helpers, 1)
        for child in helpers_running():
            os.kill(child.pid, signal.SIGKILL)
        assert [helpers(CELLS) for _ in range(4)] == [here(CELLS)] * 4
    finally:
        helpers.close()


def test_a_helper_ends_when_its_input_ends() -> None:
    helpers = Helpers(scrub_cells(), most=1, long=1)
    helpers(CELLS)
    loaded(helpers, 1)
    helper = helpers._started[0]
    helper._to.close()
    assert helper._process.wait(20) == 0
    helpers.close()


def test_closing_before_they_have_loaded_waits_for_nobody() -> None:
    helpers = Helpers(scrub_cells(), most=1, long=1)
    helpers(CELLS)
    helpers.close()
    assert not helpers_running()
    assert all(
        thread is threading.main_thread() or not thread.is_alive() or thread.daemon for thread in threading.enumerate()
    )
