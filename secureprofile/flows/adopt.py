"""Put another policy in force: the right of the workspace's creator, written to the log with both policies."""

from __future__ import annotations

from secureprofile.adapters.clock import now
from secureprofile.adapters.policies import check_policy, keep_policy, lasting_reference, taken_version
from secureprofile.errors import PolicyRefused
from secureprofile.flows.gate import Context, record
from secureprofile.policy.decide import not_yet
from secureprofile.policy.parse import LoadedPolicy


def adopt(context: Context, policy: str) -> LoadedPolicy:
    """Make ``policy``, a file or the name of a ready one, the workspace's own from the next opening on.

    The file is read at every opening, so that it lives where its owner edits it; each version that was in force is kept.

    Raises:
        PolicyFileError: it is wrong; nothing changes.
        PolicyRefused: the actor did not create the workspace, the policy's first day is to come, or its number stands for another content here.
    """
    loaded, _ = check_policy(policy)
    if not context.creator:
        record(context, "policy.use", result="deny", reason="not-creator")
        raise PolicyRefused(
            "only who created the workspace may change its policy", reason="not-creator", hint="ask its creator"
        )
    if (wait := not_yet(loaded.policy, now().date())) is not None:
        record(context, "policy.use", result="deny", reason=wait.reason)
        raise PolicyRefused(wait.message, reason=wait.reason, hint="use it from that day on")
    if taken_version(loaded, context.home.policy(loaded.hash).parent):
        record(context, "policy.use", result="deny", reason="version-taken")
        about = loaded.policy.policy
        raise PolicyRefused(
            f"version {about.version} of {about.id} was in force here with another content",
            reason="version-taken",
            hint=f"a change is a new version: policy: {{version: {about.version + 1}}}; see: secureprofile policy diff OLD NEW",
        )
    keep_policy(loaded, policy, context.home.policy(loaded.hash))
    with context.state.writing() as tx:
        tx.set_meta("policy", lasting_reference(policy))
        entry = context.entry("policy.use", "event", result="allow", reason="done", details={"to": loaded.hash})
        tx.append(entry.to_bytes())
    context.signer.sign(context.state)
    return loaded
