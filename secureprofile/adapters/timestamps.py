"""RFC 3161 timestamps, by ``rfc3161-client`` (extra ``timestamp``), which opens no connection itself."""

from __future__ import annotations

from datetime import datetime

from secureprofile.errors import InputError, ProofWrong, UsageError

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"


def _need() -> None:
    try:
        import rfc3161_client  # noqa: F401
    except ImportError:
        raise UsageError("timestamps need the extra timestamp", hint="pip install 'secureprofile[timestamp]'") from None


def request(text: bytes) -> bytes:
    """Return a request for a timestamp of some bytes (their hash, a nonce, and the wish for the authority's certificate)."""
    _need()
    from rfc3161_client import TimestampRequestBuilder

    return bytes(
        TimestampRequestBuilder().data(text).nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()
    )


def verify(response: bytes, text: bytes, roots: bytes) -> datetime:
    """Return when, by the word of an authority under one of the root certificates, these bytes existed.

    Args:
        response: DER, as the authority sent it.
        text: what was to be stamped.
        roots: root certificates, PEM.

    Raises:
        ProofWrong: not granted, of other bytes, or signed by nobody under these roots.
        InputError: the roots are no certificates.
    """
    _need()
    from cryptography.x509 import load_pem_x509_certificates
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        certificates = load_pem_x509_certificates(roots)
    except ValueError:
        raise InputError(
            "the root certificates cannot be read", hint="give them as PEM, from the authority itself"
        ) from None
    try:
        answer = decode_timestamp_response(response)
        builder = VerifierBuilder()
        for certificate in certificates:
            builder = builder.add_root_certificate(certificate)
        builder.build().verify_message(answer, text)
        found = answer.tst_info.gen_time
    except (VerificationError, ValueError):
        raise ProofWrong(
            "this is no timestamp of this checkpoint by that authority",
            hint="compare the root certificate and the file",
        ) from None
    return datetime.fromisoformat(found.isoformat())
