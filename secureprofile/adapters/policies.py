"""Where policies come from: a file that the user names, or one that ships with the package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from secureprofile.adapters.outputs import write_whole
from secureprofile.errors import CannotTell, InputError, UsageError
from secureprofile.policy.document import MAX_BYTES, decode
from secureprofile.policy.parse import LoadedPolicy, parse_policy
from secureprofile.released import Attribute, Measure

READY = ("retail", "retail-cn", "strict")
"""Names of the policies that ship with the package."""


def ready_folder() -> Path:
    """Return the folder of the ready policies: inside an installed package, or beside it in a source tree."""
    packaged = Path(str(files("secureprofile"))) / "ready"
    return packaged if packaged.is_dir() else packaged.parent.parent / "policies"


def policy_path(reference: str) -> Path:
    """Return the file that a ready policy's name or a path stands for."""
    return ready_folder() / f"{reference}.yaml" if reference in READY else Path(reference)


def lasting_reference(reference: str) -> str:
    """Return a reference that means the same from every folder."""
    return reference if reference in READY else str(Path(reference).absolute())


def load_policy(reference: str) -> LoadedPolicy:
    """Read and check a policy with its sibling files.

    Raises:
        InputError: there is no such file.
        PolicyFileError: with everything that is wrong in it.
    """
    path = policy_path(reference)
    text = decode(_read(path, hint=f"a path, or one of: {', '.join(READY)}"), file=path.name)
    return parse_policy(text, file=path.name, siblings=lambda name: _sibling(path, name))


def check_policy(reference: str) -> tuple[LoadedPolicy, int]:
    """Read a policy with its tag dictionary and its releases; return it and the number of tags.

    Raises:
        InputError: there is no such file.
        PolicyFileError: with everything that is wrong in the first file that is.
    """
    from secureprofile.adapters.hierarchies import check_files
    from secureprofile.dp.request import Refusal, load_releases
    from secureprofile.portrait.reading import load_tags
    from secureprofile.portrait.types import stored_columns

    loaded = load_policy(reference)
    found = loaded.policy
    tags: dict[str, Attribute] = {}
    measures: dict[str, Measure] = {}
    refused: Refusal = lambda code, purpose: None  # noqa: E731
    check_files(found.anonymity, loaded.siblings)
    if found.tags is not None:
        text = loaded.sibling(found.tags)
        dictionary = load_tags(text, file=found.tags, columns=stored_columns(found))
        tags, measures = dictionary.attributes(), dictionary.public_measures()
        refused = dictionary.why_not_released
    if found.releases is not None:
        text = loaded.sibling(found.releases)
        load_releases(text, file=found.releases, policy=found, tags=tags, measures=measures, refused=refused)
    return loaded, len(tags)


def _sibling(path: Path, name: str) -> bytes | None:
    """Return a sibling file's bytes; None where it is missing or not in the policy's own folder."""
    if Path(name).name != name:
        return None
    try:
        return (path.parent / name).read_bytes()
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None


def _read(path: Path, *, hint: str) -> bytes:
    """Return a policy's bytes, little more than it may have at most: a device or a huge file is not read to its end."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 4)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        said = error.strerror if isinstance(error, OSError) else "no file has such a name"
        raise InputError(f"the policy {path} cannot be read: {said}", hint=hint) from None


def copy_ready(name: str, folder: Path, *, overwrite: bool) -> list[Path]:
    """Write a ready policy and its sibling files into a folder, to be edited there; return what was written."""
    loaded = load_policy(name)
    sources = {f"{name}.yaml": policy_path(name).read_bytes(), **loaded.siblings}
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in sources.items():
        write_whole(folder / file, data, overwrite=overwrite)
    return [folder / file for file in sources]


def keep_policy(loaded: LoadedPolicy, reference: str, folder: Path) -> None:
    """Keep the bytes of a policy in the workspace, under its hash: an entry can be read years later."""
    if folder.exists():
        return
    folder.mkdir(parents=True, mode=0o700)
    path = policy_path(reference)
    for file, data in {path.name: path.read_bytes(), **loaded.siblings}.items():
        write_whole(folder / file, data, overwrite=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPolicy:
    """A policy that was in force in a workspace: what entries of its log mean by ``hash``.

    ``since`` is the time at which it was first used there, in seconds since 1970.
    """

    hash: str
    id: str
    version: int
    file: str
    since: float


def kept_policies(folder: Path) -> list[KeptPolicy]:
    """Return the policies that a workspace keeps, oldest first; ``folder`` is the one that holds a folder for each hash.

    Raises:
        CannotTell: one of them is not what its name says.
    """
    found = []
    for one in folder.iterdir() if folder.is_dir() else ():
        loaded = _kept(one)
        about = loaded.policy.policy
        found.append(
            KeptPolicy(hash=one.name, id=about.id, version=about.version, file=loaded.file, since=one.stat().st_mtime)
        )
    return sorted(found, key=lambda kept: (kept.since, kept.hash))


def _kept(folder: Path) -> LoadedPolicy:
    """Return the policy of one folder: the file there that, with its siblings, has the hash that the folder is called by."""
    for path in sorted(folder.glob("*")):
        try:
            loaded = load_policy(str(path))
        except UsageError:  # a sibling, which is no policy
            continue
        if loaded.hash == folder.name:
            return loaded
    raise CannotTell(
        f"a policy that was in force is not kept as it was: {folder.name[:12]}…",
        hint="restore the workspace's folder policies/ from a backup",
    )


def taken_version(loaded: LoadedPolicy, folder: Path) -> bool:
    """Tell whether another policy of the same id and version was in force in a workspace: one number, one content."""
    about = loaded.policy.policy
    return any(
        (kept.id, kept.version) == (about.id, about.version) and kept.hash != loaded.hash
        for kept in kept_policies(folder)
    )
