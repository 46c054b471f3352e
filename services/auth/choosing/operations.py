"""The part of auth's table of contents that is about choosing a password by a link."""

from chassis.operations import PUBLIC, operation
from services.auth.choosing import commands
from services.auth.choosing.schemas import DeviceView, ForgottenPassword, LinkedPassword
from services.auth.errors import LinkRefused, TooManyAttempts, WeakPassword


class ChoosingPasswords:
    """The first password, and a new one for one that was forgotten."""

    forgot_password = operation(
        "POST /auth/forgotten-password",
        commands.forgot_password,
        takes=ForgottenPassword,
        needs=PUBLIC,
        errors=(TooManyAttempts,),
    )
    choose_first_password = operation(
        "POST /auth/first-password",
        commands.choose_first_password,
        takes=LinkedPassword,
        gives=DeviceView,
        needs=PUBLIC,
        errors=(LinkRefused, WeakPassword),
    )
    choose_new_password = operation(
        "POST /auth/new-password",
        commands.choose_new_password,
        takes=LinkedPassword,
        gives=DeviceView,
        needs=PUBLIC,
        errors=(LinkRefused, WeakPassword),
    )
