"""What a function may ask of the process that it runs in, found through its session."""

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy.orm import Session

from chassis.blobs import BlobStore
from chassis.identity.directory import Directory
from chassis.requests import Request


def directory_of(session: Session) -> Directory:
    """The people, teams and roles as this process knows them."""
    return cast(Directory, session.info["directory"])


def blobs_of(session: Session) -> BlobStore:
    """The store of files."""
    return cast(BlobStore, session.info["blobs"])


def settings_of(session: Session) -> Any:
    """The settings of the process: an instance of the service's ``settings_class``."""
    return session.info["settings"]


def request_of(session: Session) -> Request:
    """What came beside the arguments: the address of the caller, his language, the deadline."""
    return cast(Request, session.info["request"])


def service_of(session: Session) -> Any:
    """The class of the service."""
    return session.info["service_class"]


def ask_of(session: Session) -> Callable[..., Any]:
    """The function ``(service, method, arguments, timeout=…)`` that asks another service over the bus.

    For jobs only, outside of transactions; raises Problem.
    """
    return cast(Callable[..., Any], session.info["ask"])
