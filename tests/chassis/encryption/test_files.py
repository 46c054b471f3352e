"""Files are sealed on the disk, whole, and for their own name."""

import io

import pytest

from chassis.blobs import FolderBlobStore
from chassis.encryption.errors import CannotOpen
from chassis.encryption.files import FRAME, Scratch, SealedBlobStore
from chassis.encryption.keyring import Keyring

RING = Keyring.generate()
SECRET = b"canary@example.com\n"
SIZES = [0, 1, len(SECRET), FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 7]


def content_of(size):
    return (SECRET * (size // len(SECRET) + 1))[:size]


@pytest.fixture
def store(tmp_path):
    return SealedBlobStore(FolderBlobStore(tmp_path), RING)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_as_it_was_put(store, tmp_path, size):
    content = content_of(size)
    assert store.put("a/b", io.BytesIO(content)) == size
    with store.open("a/b") as file:
        assert file.raw.size == size
        assert file.read() == content
    assert SECRET not in (tmp_path / "a/b").read_bytes()


def test_a_file_that_was_cut_off_swapped_or_changed_does_not_open(store, tmp_path):
    store.put("a", io.BytesIO(content_of(3 * FRAME)))
    whole = (tmp_path / "a").read_bytes()
    frame = (len(whole) - 23) // 3
    swapped = whole[:23] + whole[23 + frame : 23 + 2 * frame] + whole[23 : 23 + frame] + whole[23 + 2 * frame :]
    for wrong in (whole[:-1], whole[: 23 + frame], whole[: 23 + 2 * frame], swapped, whole[:-1] + b"x"):
        (tmp_path / "a").write_bytes(wrong)
        with pytest.raises(CannotOpen), store.open("a") as file:
            file.read()


def test_a_file_under_another_name_does_not_open(store, tmp_path):
    store.put("mine", io.BytesIO(b"x"))
    (tmp_path / "yours").write_bytes((tmp_path / "mine").read_bytes())
    with pytest.raises(CannotOpen), store.open("yours") as file:
        file.read()


def test_what_was_never_sealed_is_not_there(store, tmp_path):
    (tmp_path / "clear").write_bytes(SECRET)
    for name in ("clear", "missing"):
        with pytest.raises(FileNotFoundError):
            store.open(name)


@pytest.mark.parametrize("size", SIZES)
def test_a_scratch_file_can_be_read_several_times(size):
    content = content_of(size)
    with Scratch() as scratch:
        for start in range(0, size, 1000):
            scratch.write(content[start : start + 1000])
        for _ in range(2):
            scratch.seek(0)
            assert scratch.read() == content
            with scratch.reader() as reader:
                assert reader.read() == content
        scratch.seek(0)
        assert b"".join(scratch) == content
        scratch._stored.seek(0)
        assert SECRET not in scratch._stored.read()
