"""The log that strangers verify, at a million entries: exporting it, verifying the export, proving one entry.

Entries are as a workspace writes them (about 480 bytes), put into the state database at once. Verifying is timed as the command's own
work, in a process that has loaded it; a plain reading and hashing of the same files, without a tree, is the line to compare with.

Run it with ``make bench``, or alone: ``python -m benchmarks.proof [--entries N]``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.page import figure, save
from secureprofile.adapters.tiles import fill
from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.entry import Entry
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.audit.proof import verify_proof
from secureprofile.flows.prove import prove
from secureprofile.flows.verify_export import verify_folder
from secureprofile.workspace import Workspace

COMMAND = "python -m benchmarks.proof"
BATCH = 20_000
PROOFS = 300


def bodies(start: int, end: int) -> list[bytes]:
    """Return entries such as exports write, in turns intent and outcome."""
    fields = {
        "time": "2026-11-01T08:30:00.120Z",
        "actor": "staff-0a1b2c3d",
        "roles": ("analyst",),
        "authenticated": "os-user",
        "policy": "ab" * 32,
        "software": "secureprofile 0.1.0",
        "purpose": "partner-analytics",
        "dataset": "customers",
        "lawful_basis": {"GDPR": "consent"},
    }
    return [
        Entry(
            act="anonymize",
            phase="outcome" if index & 1 == 0 else "intent",
            intent=index - 1 if index & 1 == 0 else None,
            rows="<=10000",
            **fields,  # type: ignore[arg-type]
        ).to_bytes()
        for index in range(start, end)
    ]


def filled(folder: Path, count: int) -> Workspace:
    """Return a workspace whose log has ``count`` entries."""
    place = Workspace.open(folder / "ws", policy="retail", actor="bench@example.com", keys=f"file:{folder / 'keys'}")
    state = place._context.state
    with state.writing() as tx:
        frontier = tx.frontier()
        while frontier.size < count:
            chunk = bodies(frontier.size, min(frontier.size + BATCH, count))
            rows = list(enumerate(chunk, frontier.size))
            tx.connection.exec_driver_sql("INSERT INTO log (idx, body) VALUES (?, ?)", rows)
            for body in chunk:
                frontier = frontier.append(leaf_hash(body))
        tx.connection.exec_driver_sql("UPDATE tree SET frontier = ?", (frontier.to_bytes(),))
        assert isinstance(frontier, Frontier)
        fill(tx.connection)
    place._context.signer.sign(state)
    return place


def plain(folder: Path) -> float:
    """Return the seconds that reading and hashing the files of entries takes, without a tree."""
    begun = time.perf_counter()
    for path in sorted((folder / "tile" / "entries").rglob("*")):
        if path.is_file():
            hashlib.sha256(path.read_bytes()).digest()
    return time.perf_counter() - begun


def main() -> None:
    """Measure, and write ``benchmarks/results/proof.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    count = parser.parse_args().entries
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with filled(folder, count) as place:
            begun = time.perf_counter()
            done = place.audit.export(folder / "export")
            exported = time.perf_counter() - begun
            begun = time.perf_counter()
            again = place.audit.export(folder / "export")
            incremental = time.perf_counter() - begun
            key, context = place.verifier_key, place._context
            draw = random.Random(1)
            prove(context, 0)
            raw = []
            for index in (draw.randrange(count) for _ in range(PROOFS)):
                begun = time.perf_counter()
                proof = prove(context, index)
                raw.append((time.perf_counter() - begun) * 1000)
                with context.state.reading() as view:
                    verify_proof(proof, view.entry(index) or b"", [VerifierKey.parse(key)])
        size = sum(path.stat().st_size for path in (folder / "export").rglob("*") if path.is_file())
        runs, baseline = [], []
        for _ in range(3):
            baseline.append(plain(folder / "export"))
            begun = time.perf_counter()
            verdict, _ = verify_folder(folder / "export", keys=[key])
            runs.append(time.perf_counter() - begun)
            assert verdict.size == again.size
        begun = time.perf_counter()
        verify_folder(folder / "export", keys=[key], entries=True)
        strict = time.perf_counter() - begun
    rate = again.size / min(runs)
    figures = [
        figure(f"Verify an export of {count:,} entries", rate, "entries/s", goal=200_000, command=COMMAND, least=True),
        figure(
            "… reading and hashing its files only", again.size / min(baseline), "entries/s", goal=None, command=COMMAND
        ),
        figure(
            "… every entry's form and pairs too (--entries)",
            again.size / strict,
            "entries/s",
            goal=None,
            command=COMMAND,
        ),
        figure(f"One proof at {count:,} entries, median", statistics.median(raw), "ms", goal=5, command=COMMAND),
        figure("… 95th percentile", sorted(raw)[int(0.95 * len(raw))], "ms", goal=5, command=COMMAND),
        figure(f"Export of {done.size:,} entries, durable", exported, "s", goal=None, command=COMMAND),
        figure("… again, after two more entries", incremental, "s", goal=None, command=COMMAND),
        figure("… bytes per entry", size / again.size, "bytes", goal=None, command=COMMAND),
    ]
    save(
        "proof",
        "The log that strangers verify",
        figures,
        seconds={"verify": runs, "plain": baseline, "strict": strict},
        proofs_ms=[round(one, 3) for one in raw],
        load=os.getloadavg(),
    )


if __name__ == "__main__":
    main()
