"""Files in an S3-compatible object store, for production."""

import shutil
import tempfile
from typing import Any, BinaryIO

import boto3
from botocore.exceptions import ClientError

IN_MEMORY_BYTES = 8 << 20
"""Larger files are read through a temporary file."""


class S3BlobStore:
    """Files as objects of one bucket, below a prefix; credentials and region come from the usual AWS settings."""

    def __init__(self, bucket: str, prefix: str, endpoint: str | None) -> None:
        self._client: Any = boto3.client("s3", endpoint_url=endpoint)
        self._bucket = bucket
        self._prefix = prefix

    def put(self, key: str, content: BinaryIO) -> int:
        """Store a whole file; see BlobStore."""
        counted = _Counted(content)
        self._client.upload_fileobj(counted, self._bucket, self._prefix + key)
        return counted.size

    def open(self, key: str) -> BinaryIO:
        """The file for reading; see BlobStore."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"]
        except ClientError as error:
            raise _not_found(error, key) from error
        file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115  # the caller closes it
        shutil.copyfileobj(body, file)
        file.seek(0)
        return file  # type: ignore[return-value]  # it is a binary file in all but name

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        except ClientError as error:
            if _status(error) == 404:
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)


class _Counted:
    """A stream that counts what is read from it."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self.size += len(chunk)
        return chunk


def _not_found(error: ClientError, key: str) -> Exception:
    return FileNotFoundError(f"There is no file {key}") if _status(error) == 404 else error


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
