import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infrastructure.identity.sealing import Seal, SealBroken

SECRET = "a secret of the installation, long enough"


def a_seal(*, secret: str = SECRET, purpose: bytes = b"webhooks") -> Seal:
    return Seal(secret, purpose)


def test_what_was_sealed_opens_in_another_process_with_the_same_secret() -> None:
    assert a_seal().open(a_seal().seal(b"value", bound_to=b"row")[:], bound_to=b"row") == b"value"


def test_the_same_value_never_looks_the_same_twice() -> None:
    seal = a_seal()
    assert len({seal.seal(b"value") for _ in range(50)}) == 50


def test_the_sealed_value_is_aes_gcm_under_a_derived_key() -> None:
    sealed = a_seal().seal(b"value", bound_to=b"row")
    key = HKDF(algorithm=SHA256(), length=32, salt=b"trimtab sealing v1", info=b"webhooks").derive(
        SECRET.encode()
    )
    assert AESGCM(key).decrypt(sealed[1:13], sealed[13:], b"row") == b"value"


@pytest.mark.parametrize(
    ("seal", "bound_to"),
    [
        (a_seal(secret=SECRET + "!"), b"row"),
        (a_seal(purpose=b"signing keys"), b"row"),
        (a_seal(), b"another row"),
    ],
    ids=["another secret", "another purpose", "another row"],
)
def test_another_secret_purpose_or_row_opens_nothing(seal: Seal, bound_to: bytes) -> None:
    sealed = a_seal().seal(b"value", bound_to=b"row")
    with pytest.raises(SealBroken):
        seal.open(sealed, bound_to=bound_to)


def test_a_change_of_any_byte_is_noticed() -> None:
    seal = a_seal()
    sealed = seal.seal(b"value")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            seal.open(bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 5, 13, 28])
def test_what_is_too_short_to_be_sealed_is_refused(length: int) -> None:
    with pytest.raises(SealBroken):
        a_seal().open(a_seal().seal(b"value")[:length])
