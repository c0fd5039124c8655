"""A policy file becomes values, or the list of everything that is wrong in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.anonymous import anonymity_files
from secureprofile.policy.document import Document, Flaw, Path, dotted, read_document
from secureprofile.policy.fitting import check_fit, check_words
from secureprofile.policy.model import Policy
from secureprofile.policy.shape import partial, policy_schema
from secureprofile.policy.wording import flaw_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy with its sibling files; ``hash`` is SHA-256 over all of them and stands in every audit entry.

    ``text`` and ``places`` say where in the file a rule stands, for those who ask why.
    """

    policy: Policy
    hash: str
    siblings: Mapping[str, bytes]
    file: str = "policy.yaml"
    text: str = field(default="", repr=False)
    places: Mapping[Path, tuple[int, int]] = field(default_factory=dict, repr=False)

    def sibling(self, name: str) -> str:
        """Return a sibling file's text.

        Raises:
            PolicyFileError: it is not UTF-8.
        """
        try:
            return self.siblings[name].decode("utf-8-sig")
        except UnicodeDecodeError:
            problem = Problem(file=name, line=1, column=1, path="(file)", message="not UTF-8", hint="save it as UTF-8")
            raise PolicyFileError([problem]) from None


def parse_policy(text: str, *, file: str, siblings: Callable[[str], bytes | None]) -> LoadedPolicy:
    """Read a policy.

    Args:
        text: the YAML.
        file: its name, for messages.
        siblings: returns the bytes of a file in the same folder, None where it is missing.

    Raises:
        PolicyFileError: with every problem, in file order.
    """
    document = read_document(text, file=file)
    if not document.whole:
        raise PolicyFileError(document.problems)
    try:
        policy = Policy.model_validate(document.value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        shape = _roots([flaw_of(detail, document) for detail in details])
        words = check_words(document.value)
        raise _error(document, [*shape, *words, *check_fit(partial(document.value))]) from None
    flaws = [*check_words(document.value), *check_fit(policy)]
    named: list[tuple[str, Path]] = [
        (name, (key,)) for key in ("tags", "releases") if (name := getattr(policy, key)) is not None
    ]
    named += anonymity_files(policy)
    found = {name: siblings(name) for name, _ in named}
    for name, place in named:
        if found[name] is None:
            flaws.append(Flaw(place, "missing-file", "the file is not beside the policy", "put it in the same folder"))
    if flaws or document.problems:
        raise _error(document, flaws)
    files = {name: data for name, data in found.items() if data is not None}
    digest = _hash({file: text.encode(), **files})
    return LoadedPolicy(policy=policy, hash=digest, siblings=files, file=file, text=text, places=document.places)


def json_schema() -> str:
    """Return the JSON schema of a policy file, so that editors complete it."""
    return json.dumps(policy_schema(), indent=1)


def _hash(files: Mapping[str, bytes]) -> str:
    """Hash contents, length-prefixed, policy first; names do not matter, so a moved policy keeps its hash."""
    digest = hashlib.sha256()
    for data in files.values():
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _error(document: Document, flaws: Iterable[Flaw]) -> PolicyFileError:
    problems = [*document.problems, *_placed(document, flaws)]
    unique = dict.fromkeys(problems)
    return PolicyFileError(sorted(unique, key=lambda problem: (problem.line, problem.column)))


def _placed(document: Document, flaws: Iterable[Flaw]) -> Iterator[Problem]:
    """Give each flaw its place; what follows from something that could not be read is left out, since that is told already."""
    for path, code, message, hint in flaws:
        if any(path[:length] in document.flawed for length in range(len(path) + 1)):
            continue
        if code == "missing-key" and path in document.lacking:
            continue
        line, column = document.position(path)
        yield Problem(
            file=document.file, line=line, column=column, path=dotted(path), message=message, hint=hint, code=code
        )


def _roots(flaws: list[Flaw]) -> list[Flaw]:
    """Leave out a list that is called too short only because its wrong items do not count."""
    paths = [flaw.path for flaw in flaws]
    return [
        flaw
        for flaw in flaws
        if not (
            flaw.message.startswith("too short")
            and any(p[: len(flaw.path)] == flaw.path and len(p) > len(flaw.path) for p in paths)
        )
    ]
