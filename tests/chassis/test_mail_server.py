"""Mail over TLS goes to a server that proves who it is, and to no other."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.mail.letters import Envelope
from chassis.mail.server import MailServer, ServerAway
from devservers.ports import HOST, free_port

LETTER = Envelope("from@example.com", "to@example.com", b"Subject: Tides\r\n\r\nLow at noon.\r\n")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate of 127.0.0.1 that nobody has vouched for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    today = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "mail.pem"
    file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + secret)
    return file


@pytest.fixture
def server(certificate: Path) -> Iterator[str]:
    """The address of a mail server that speaks TLS from the first byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    controller = Controller(Sink(), hostname=HOST, port=free_port(), ssl_context=context)
    controller.start()
    yield f"smtps://{HOST}:{controller.port}"
    controller.stop()


def test_a_server_that_nobody_vouches_for_gets_no_letter(server: str):
    with MailServer(server, "localhost") as relay, pytest.raises(ServerAway, match="CERTIFICATE_VERIFY_FAILED"):
        relay.send(LETTER, lambda: None)


def test_a_server_with_a_trusted_certificate_gets_the_letter(
    server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with MailServer(server, "localhost") as relay:
        relay.send(LETTER, lambda: None)
