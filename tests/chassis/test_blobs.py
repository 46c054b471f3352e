"""Files come back as they were put, in a folder and in an object store alike."""

import io
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from chassis.blobs import open_blob_store


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def object_store(monkeypatch):
    """A real S3 protocol server on the loopback interface, with an empty bucket."""
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app

    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="rockpool")
    yield f"s3://rockpool/files?endpoint={endpoint}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["folder", "object store"])
def store(request, tmp_path):
    url = f"file://{tmp_path}" if request.param == "folder" else request.getfixturevalue("object_store")
    return open_blob_store(url)


def test_a_file_comes_back_as_it_was_put(store):
    content = bytes(range(256)) * 5000
    assert store.put("uploads/a/b.csv", io.BytesIO(content)) == len(content)
    with store.open("uploads/a/b.csv") as file:
        assert file.read() == content


def test_a_file_replaces_another_and_is_gone_when_deleted(store):
    store.put("a", io.BytesIO(b"old"))
    store.put("a", io.BytesIO(b"new"))
    with store.open("a") as file:
        assert file.read() == b"new"
    store.delete("a")
    store.delete("a")
    assert not store.exists("a")
    with pytest.raises(FileNotFoundError):
        store.open("a")


@pytest.mark.parametrize("key", ["../a", "/etc/passwd", "a/../b", "a//b", "", ".hidden"])
def test_a_key_cannot_leave_the_folder(key, tmp_path):
    store = open_blob_store(f"file://{tmp_path}")
    with pytest.raises(FileNotFoundError):
        store.put(key, io.BytesIO(b"x"))


def test_half_a_file_is_never_seen(tmp_path):
    class Broken(io.RawIOBase):
        def read(self, _=-1):
            raise TimeoutError

    store = open_blob_store(f"file://{tmp_path}")
    with pytest.raises(TimeoutError):
        store.put("a", Broken())  # type: ignore[arg-type]  # all that it needs is read()
    assert not store.exists("a")
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_address_is_refused():
    with pytest.raises(ValueError, match="ftp"):
        open_blob_store("ftp://somewhere")
