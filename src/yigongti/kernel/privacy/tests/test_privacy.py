"""Keys, encryption, blind indexes, masks and tokens, from outside."""

import hashlib
import hmac
import multiprocessing
import stat
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from django.core.exceptions import FieldError
from hypothesis import given
from hypothesis import strategies as st

from yigongti.kernel import clock
from yigongti.kernel.privacy import api, blind, ciphers, digest, keys
from yigongti.kernel.privacy.cli import keys as commands

pytestmark = pytest.mark.usefixtures("own_keys")


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path_factory):
    settings.VAR = tmp_path_factory.mktemp("var")
    forget()
    yield settings.VAR / "keys"
    forget()


def forget():
    for cached in (keys.key, keys._ring, ciphers._cipher_key, blind._begun):
        cached.cache_clear()


def test_keyed_digest_is_hmac_sm3_by_definition():
    """RFC 2104 spelled out on the bare hash of another implementation."""
    secret, message = b"k" * 32, b"32058319800101123X"
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python's OpenSSL has no SM3 to compare with")
    assert digest.keyed(secret, message) == hmac.new(secret, message, lambda: hashlib.new("sm3")).digest()


def test_keys_are_only_for_their_owner(own_keys):
    keys.key("audit")
    api.seal("x", "c")
    for path in own_keys.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o700


def _ask(folder, answers):
    from django.conf import settings

    settings.VAR = folder
    keys.key.cache_clear()
    answers.put(keys.key("race"))


def test_processes_that_start_at_once_agree_on_one_key(own_keys):
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    several = [fork.Process(target=_ask, args=(own_keys.parent, answers)) for _ in range(8)]
    for process in several:
        process.start()
    found = {answers.get(timeout=30) for _ in several}
    for process in several:
        process.join()
    assert len(found) == 1
    assert [p.name for p in own_keys.iterdir()] == ["race.key"]  # no drafts are left


@given(st.text())
def test_sealed_text_opens_again(text):
    assert api.unseal(api.seal(text, "here"), "here") == text


def test_two_seals_of_one_text_differ_and_open_only_in_their_place():
    one, two = api.seal("32058319800101123X", "id"), api.seal("32058319800101123X", "id")
    assert one != two and b"3205" not in one
    with pytest.raises(api.NotGenuine):
        api.unseal(one, "phone")


def test_every_altered_byte_is_noticed():
    stored = api.seal("13800000000", "phone")
    for place in range(len(stored)):
        broken = bytearray(stored)
        broken[place] ^= 1
        with pytest.raises((api.NotGenuine, api.KeyMissing)):
            api.unseal(bytes(broken), "phone")
    with pytest.raises(api.NotGenuine):
        api.unseal(stored[:20], "phone")


def test_old_values_open_after_rotation_and_new_ones_name_the_new_key():
    before = api.seal("old", "c")
    assert api.rotate("data") == 2
    after = api.seal("new", "c")
    assert (before[0], after[0]) == (1, 2)
    assert (api.unseal(before, "c"), api.unseal(after, "c")) == ("old", "new")


def test_a_lost_key_is_named(own_keys):
    stored = api.seal("x", "c")
    (own_keys / "data-001.key").unlink()
    forget()
    with pytest.raises(api.KeyMissing, match="version 1"):
        api.unseal(stored, "c")


def test_columns_and_single_values_agree():
    texts = ["32058319800101123x", None, "  ", "E 1234-567"]
    assert api.blind_indexes("01", texts) == [
        api.blind_index("01", "32058319800101123X"), None, None, api.blind_index("01", "e1234567")
    ]  # fmt: skip
    assert [t and api.unseal(t, "c") for t in api.seal_many(texts, "c")] == texts


def test_blind_indexes_keep_kinds_apart_and_fold_spellings():
    full_width = "３２０５８３１９８００１０１１２３ｘ"
    assert api.blind_index("01", full_width) == api.blind_index("01", "320583 19800101 123X")
    assert api.blind_index("01", "1380") != api.blind_index("phone", "1380")
    assert api.blind_index("phone", "+86 138-0000-0000") == api.blind_index("phone", "13800000000")
    assert api.blind_index("phone", "8613800000000") == api.blind_index("phone", "13800000000")
    assert api.blind_index("phone", "0512-57331234") != api.blind_index("phone", "57331234")
    assert len(api.blind_index("01", "x")) == 16


@pytest.mark.parametrize(
    ("mask", "plain", "shown"),
    [
        (api.mask_id_number, "320583198001011234", "3205**********1234"),
        (api.mask_id_number, "E12345678", "E******78"),
        (api.mask_id_number, "1234", "****"),
        (api.mask_phone, "13812345678", "138****5678"),
        (api.mask_phone, "57331234", "******34"),
        (api.mask_name, "张三丰", "张*丰"),
        (api.mask_name, "张三", "张*"),
        (api.mask_name, "欧阳小明", "欧**明"),
        (api.mask_name, "张", "张"),
        (api.mask_name, "Abe Runolf", "A** R*****"),
    ],
)
def test_masks(mask, plain, shown):
    assert mask(plain) == shown


def test_token_gives_its_subject_until_its_time_is_over():
    start = datetime(2026, 11, 22, 9, 0, tzinfo=clock.ZONE)
    with clock.fixed(start):
        token = api.sign_token("barcode", "4711", lasts=timedelta(minutes=5))
        again = api.sign_token("barcode", "4711", lasts=timedelta(minutes=5))
    assert token != again and "4711" not in token and token.isalnum() and token == token.upper()
    with clock.fixed(start + timedelta(seconds=299)):
        assert api.read_token("barcode", token) == "4711"
        assert api.read_token("barcode", f" {token.lower()}\n") == "4711"
        with pytest.raises(api.TokenInvalid):
            api.read_token("download", token)
    with clock.fixed(start + timedelta(seconds=300)), pytest.raises(api.TokenExpired):
        api.read_token("barcode", token)


@given(st.text(max_size=80))
def test_no_made_up_text_is_a_token(text):
    with pytest.raises(api.TokenInvalid):
        api.read_token("barcode", text)


def test_an_encrypted_field_cannot_be_searched():
    field = api.EncryptedText(context="c")
    field.set_attributes_from_name("number")
    with pytest.raises(FieldError):
        field.get_lookup("exact")
    stored = field.get_prep_value("E1234567")
    assert field.from_db_value(memoryview(stored), None, None) == "E1234567"
    assert field.get_prep_value(None) is None and field.from_db_value(None, None, None) is None


def test_the_command_makes_a_new_version():
    before = api.seal("old", "c")
    done = CliRunner().invoke(commands, ["rotate", "--yes"])
    assert done.exit_code == 0 and "version 2" in done.output
    assert api.seal("new", "c")[0] == 2 and api.unseal(before, "c") == "old"
