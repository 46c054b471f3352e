"""The part of auth's table of contents that is about proving who one is."""

from chassis.operations import AUTHENTICATED, PUBLIC, operation
from services.auth.errors import TooManyAttempts, WrongPassword
from services.auth.session_schemas import Enrolled, FreshTokenPair, LoggedIn
from services.auth.signing_in import enrolling, factors, passkeys, recovery, second_factor, stepping_up, totp
from services.auth.signing_in.errors import (
    LastFactor,
    OneProofWanted,
    PasskeyNotRegistered,
    PasskeyRefused,
    PasskeyThere,
    ProofRefused,
    SecondFactorRefused,
    TicketRefused,
    TooManyPasskeys,
    TotpNotBegun,
    TotpThere,
    WrongCode,
)
from services.auth.signing_in.schemas import (
    Ceremony,
    Enrolment,
    FactorsView,
    NewPasskey,
    NewPasskeyView,
    PasskeyAsked,
    PasskeyEnrolment,
    PasskeyLogin,
    RecoveryCodes,
    SecondFactor,
    StepUp,
    TotpBegun,
    TotpConfirmation,
    TotpEnrolment,
)


class SigningIn:
    """Second factors, passkeys and step-up."""

    # Logging in with more than a password, or without one
    finish_log_in = operation(
        "POST /auth/second-factor",
        second_factor.finish_log_in,
        takes=SecondFactor,
        gives=LoggedIn,
        needs=PUBLIC,
        errors=(OneProofWanted, TicketRefused, SecondFactorRefused, TooManyAttempts),
    )
    begin_passkey_log_in = operation(
        "POST /auth/passkey/begin",
        second_factor.begin_passkey,
        takes=PasskeyAsked,
        gives=Ceremony,
        needs=PUBLIC,
        errors=(TicketRefused,),
    )
    begin_enrolling_totp = operation(
        "POST /auth/enrolment/totp",
        enrolling.begin_enrolling_totp,
        takes=Enrolment,
        gives=TotpBegun,
        needs=PUBLIC,
        errors=(TicketRefused,),
    )
    enrol_totp = operation(
        "POST /auth/enrolment/totp/confirm",
        enrolling.enrol_totp,
        takes=TotpEnrolment,
        gives=Enrolled,
        needs=PUBLIC,
        errors=(TicketRefused, TotpNotBegun, WrongCode),
    )
    begin_enrolling_passkey = operation(
        "POST /auth/enrolment/passkey/begin",
        enrolling.begin_enrolling_passkey,
        takes=Enrolment,
        gives=Ceremony,
        needs=PUBLIC,
        errors=(TicketRefused,),
    )
    enrol_passkey = operation(
        "POST /auth/enrolment/passkey",
        enrolling.enrol_passkey,
        takes=PasskeyEnrolment,
        gives=Enrolled,
        needs=PUBLIC,
        errors=(TicketRefused, PasskeyNotRegistered, PasskeyThere),
    )
    log_in_with_passkey = operation(
        "POST /auth/passkey",
        passkeys.log_in,
        takes=PasskeyLogin,
        gives=LoggedIn,
        needs=PUBLIC,
        errors=(PasskeyRefused,),
    )

    # Once more, before something dangerous
    step_up = operation(
        "POST /auth/step-up",
        stepping_up.step_up,
        takes=StepUp,
        gives=FreshTokenPair,
        needs=AUTHENTICATED,
        once=("access_token", "refresh_token"),
        errors=(OneProofWanted, WrongPassword, ProofRefused, TooManyAttempts),
    )
    begin_passkey_step_up = operation(
        "POST /auth/step-up/passkey", stepping_up.begin_passkey, gives=Ceremony, needs=AUTHENTICATED
    )

    # One's own factors
    find_factors = operation("GET /me/factors", factors.find_factors, gives=FactorsView, needs=AUTHENTICATED)
    begin_totp = operation(
        "POST /me/totp",
        totp.begin_totp,
        gives=TotpBegun,
        needs=AUTHENTICATED,
        step_up=True,
        once=("secret", "uri"),
        errors=(TotpThere,),
    )
    confirm_totp = operation(
        "POST /me/totp/confirm",
        totp.confirm_totp,
        takes=TotpConfirmation,
        gives=RecoveryCodes,
        needs=AUTHENTICATED,
        once=("recovery_codes",),
        errors=(TotpNotBegun, WrongCode, TooManyAttempts),
    )
    remove_totp = operation(
        "DELETE /me/totp", totp.remove_totp, needs=AUTHENTICATED, step_up=True, errors=(LastFactor,)
    )
    begin_passkey_registration = operation(
        "POST /me/passkeys/begin", passkeys.begin_registration, gives=Ceremony, needs=AUTHENTICATED, step_up=True
    )
    register_passkey = operation(
        "POST /me/passkeys",
        passkeys.register,
        takes=NewPasskey,
        gives=NewPasskeyView,
        needs=AUTHENTICATED,
        status=201,
        once=("recovery_codes",),
        errors=(PasskeyNotRegistered, PasskeyThere, TooManyPasskeys),
    )
    remove_passkey = operation(
        "DELETE /me/passkeys/{passkey_id}",
        passkeys.remove_passkey,
        needs=AUTHENTICATED,
        step_up=True,
        errors=(LastFactor,),
    )
    renew_recovery_codes = operation(
        "POST /me/recovery-codes",
        recovery.renew_recovery_codes,
        gives=RecoveryCodes,
        needs=AUTHENTICATED,
        step_up=True,
        once=("recovery_codes",),
    )
