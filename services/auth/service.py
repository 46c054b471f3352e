"""Everything that auth does."""

from collections.abc import Mapping
from typing import Any, ClassVar

from chassis import job_operations
from chassis.errors import StepUpRequired
from chassis.job_operations import JobStarted
from chassis.operations import AUTHENTICATED, INTERNAL, PUBLIC, job, operation, timer
from chassis.service import Service
from chassis.tables import NoSuchUpload
from services.auth import (
    directory_publication,
    housekeeping,
    imports,
    invitations,
    login_sessions,
    lost_factors,
    me,
    people,
    peoples_sessions,
    queries,
    roles,
    seeding,
    teams,
)
from services.auth.api_keys.operations import ApiKeys
from services.auth.audited import AUDITED
from services.auth.auditing import verifying
from services.auth.auditing.operations import AuditOperations
from services.auth.choosing.operations import ChoosingPasswords
from services.auth.elsewhere.operations import Elsewhere
from services.auth.errors import (
    AccountClosed,
    BeyondOwnRights,
    BuiltInRole,
    EmailTaken,
    HasNoPassword,
    HasPassword,
    IdTaken,
    InitialPasswordExpired,
    InvitedWithPassword,
    LastAdministrator,
    LoginRefused,
    NextKeyTooYoung,
    NoAddresses,
    NotBuiltIn,
    OutOfReach,
    RefreshRefused,
    RoleInUse,
    RoleNameTaken,
    TeamBelowItself,
    TeamNameTaken,
    TeamNotEmpty,
    TooManyAttempts,
    UnknownRole,
    UnknownTeam,
    WeakPassword,
    WrongPassword,
)
from services.auth.explaining.operations import ExplainingOperations
from services.auth.house_policy.operations import HousePolicy
from services.auth.import_schemas import UserImport
from services.auth.leaving.operations import LeavingOperations
from services.auth.leaving.progress import FILTERS
from services.auth.letters import sending
from services.auth.models import Base
from services.auth.personal import PERSONAL
from services.auth.reviewing.operations import ReviewOperations
from services.auth.schemas import (
    DirectoryPage,
    DirectorySearch,
    MeView,
    MyChanges,
    NewPasswordView,
    NewRole,
    NewTeam,
    NewUser,
    NewUserView,
    PageRequest,
    PasswordChange,
    PublicKeys,
    RoleChange,
    RoleCopy,
    RolePage,
    RoleView,
    TeamChange,
    TeamPage,
    TeamSearch,
    TeamView,
    UserChange,
    UserPage,
    UserSearch,
    UserView,
)
from services.auth.session_schemas import (
    LoggedIn,
    Login,
    Refresh,
    SessionPage,
    SessionsToEnd,
    TokenPair,
)
from services.auth.settings import AuthSettings
from services.auth.signing_in.errors import SecondFactorRequired, SecondFactorToSetUp
from services.auth.signing_in.operations import SigningIn
from services.auth.signing_keys import published, rotation
from services.auth.signing_keys.schemas import KeyRotation, SigningKeys


class AuthService(
    ExplainingOperations,
    ApiKeys,
    ChoosingPasswords,
    AuditOperations,
    ReviewOperations,
    LeavingOperations,
    HousePolicy,
    SigningIn,
    Elsewhere,
    Service,
):
    """Who works with the suite: people, teams and roles, and how they log in."""

    name = "auth"
    metadata = Base.metadata
    personal = PERSONAL
    documents = (FILTERS,)
    settings_class = AuthSettings
    audited = AUDITED
    resources: ClassVar[Mapping[str, Any]] = {
        "user": queries.visible_user_ids,
        "team": queries.visible_team_ids,
        "role": queries.visible_role_ids,
    }
    seed = staticmethod(seeding.seed)
    verify = staticmethod(verifying.verify)

    # Logging in and out
    log_in = operation(
        "POST /auth/login",
        login_sessions.log_in,
        takes=Login,
        gives=LoggedIn,
        needs=PUBLIC,
        errors=(LoginRefused, InitialPasswordExpired, SecondFactorRequired, SecondFactorToSetUp, TooManyAttempts),
    )
    refresh = operation(
        "POST /auth/refresh",
        login_sessions.refresh,
        takes=Refresh,
        gives=TokenPair,
        needs=PUBLIC,
        errors=(RefreshRefused,),
    )
    published_keys = operation("GET /auth/keys", published.published_keys, gives=PublicKeys, needs=PUBLIC)
    find_keys = operation("GET /auth/keys/states", published.find_keys, gives=SigningKeys, needs="signing_keys:read")
    rotate_keys = operation(
        "POST /auth/keys/rotate",
        rotation.rotate_keys,
        takes=KeyRotation,
        gives=SigningKeys,
        needs="signing_keys:rotate",
        step_up=True,
        errors=(NextKeyTooYoung,),
    )
    log_out = operation("POST /auth/logout", login_sessions.log_out, needs=AUTHENTICATED)
    find_sessions = operation(
        "GET /auth/sessions", login_sessions.find_sessions, takes=PageRequest, gives=SessionPage, needs=AUTHENTICATED
    )
    end_session = operation("DELETE /auth/sessions/{session_id}", login_sessions.end_session, needs=AUTHENTICATED)

    end_all_sessions = operation(
        "DELETE /auth/sessions", login_sessions.end_all_sessions, takes=SessionsToEnd, needs=AUTHENTICATED
    )

    # Oneself
    get_me = operation("GET /me", me.get_me, gives=MeView, needs=AUTHENTICATED)
    admit_caller = operation("GET", me.admit_caller, needs=AUTHENTICATED)
    change_me = operation("PATCH /me", me.change_me, takes=MyChanges, gives=MeView, needs=AUTHENTICATED, guarded=True)
    change_password = operation(
        "POST /me/password",
        me.change_password,
        takes=PasswordChange,
        needs=AUTHENTICATED,
        errors=(WeakPassword, WrongPassword, TooManyAttempts),
    )

    # People
    create_user = operation(
        "POST /users",
        people.create_user,
        takes=NewUser,
        gives=NewUserView,
        needs="users:create",
        status=201,
        once=("initial_password",),
        errors=(
            WeakPassword,
            InvitedWithPassword,
            EmailTaken,
            IdTaken,
            UnknownTeam,
            UnknownRole,
            BeyondOwnRights,
            OutOfReach,
            StepUpRequired,
        ),
    )
    find_users = operation("GET /users", queries.find_users, takes=UserSearch, gives=UserPage, needs="users:read")
    get_user = operation("GET /users/{user_id}", queries.get_user, gives=UserView, needs="users:read")
    change_user = operation(
        "PATCH /users/{user_id}",
        people.change_user,
        takes=UserChange,
        gives=UserView,
        needs="users:change",
        guarded=True,
        errors=(EmailTaken, UnknownTeam, UnknownRole, LastAdministrator, BeyondOwnRights, OutOfReach, StepUpRequired),
    )
    reset_password = operation(
        "POST /users/{user_id}/password",
        people.reset_password,
        gives=NewPasswordView,
        needs="users:change",
        step_up=True,
        once=("initial_password",),
        errors=(BeyondOwnRights,),
    )
    invite = operation(
        "POST /users/{user_id}/invitation",
        invitations.invite,
        gives=JobStarted,
        needs="users:change",
        status=202,
        errors=(HasPassword, AccountClosed, BeyondOwnRights),
    )
    send_password_link = operation(
        "POST /users/{user_id}/password-link",
        invitations.send_password_link,
        gives=JobStarted,
        needs="users:change",
        status=202,
        errors=(HasNoPassword, AccountClosed, BeyondOwnRights),
    )
    find_sessions_of = operation(
        "GET /users/{user_id}/sessions",
        peoples_sessions.find_sessions_of,
        takes=PageRequest,
        gives=SessionPage,
        needs="users:change",
    )
    end_sessions_of = operation(
        "DELETE /users/{user_id}/sessions",
        peoples_sessions.end_sessions_of,
        needs="users:change",
        errors=(BeyondOwnRights,),
    )
    end_session_of = operation(
        "DELETE /users/{user_id}/sessions/{session_id}",
        peoples_sessions.end_session_of,
        needs="users:change",
        errors=(BeyondOwnRights,),
    )
    remove_factors = operation(
        "DELETE /users/{user_id}/factors",
        lost_factors.remove_factors_of,
        needs="users:change",
        step_up=True,
        errors=(BeyondOwnRights,),
    )
    import_users = operation(
        "POST /users/import",
        imports.import_users,
        takes=UserImport,
        gives=JobStarted,
        needs="users:create",
        step_up=True,
        status=202,
        errors=(UnknownRole, BeyondOwnRights, OutOfReach, NoSuchUpload, NoAddresses),
    )
    find_in_directory = operation(
        "GET /directory",
        queries.find_in_directory,
        takes=DirectorySearch,
        gives=DirectoryPage,
        needs=AUTHENTICATED,
    )

    # Teams
    create_team = operation(
        "POST /teams",
        teams.create_team,
        takes=NewTeam,
        gives=TeamView,
        needs="teams:create",
        status=201,
        errors=(TeamNameTaken, IdTaken, UnknownTeam, OutOfReach),
    )
    find_teams = operation("GET /teams", queries.find_teams, takes=TeamSearch, gives=TeamPage, needs="teams:read")
    get_team = operation("GET /teams/{team_id}", queries.get_team, gives=TeamView, needs="teams:read")
    change_team = operation(
        "PATCH /teams/{team_id}",
        teams.change_team,
        takes=TeamChange,
        gives=TeamView,
        needs="teams:change",
        guarded=True,
        errors=(TeamNameTaken, TeamBelowItself, UnknownTeam, OutOfReach),
    )
    delete_team = operation(
        "DELETE /teams/{team_id}", teams.delete_team, needs="teams:change", guarded=True, errors=(TeamNotEmpty,)
    )

    # Roles
    create_role = operation(
        "POST /roles",
        roles.create_role,
        takes=NewRole,
        gives=RoleView,
        needs="roles:create",
        status=201,
        errors=(RoleNameTaken, IdTaken, BeyondOwnRights),
    )
    find_roles = operation("GET /roles", queries.find_roles, takes=PageRequest, gives=RolePage, needs="roles:read")
    get_role = operation("GET /roles/{role_id}", queries.get_role, gives=RoleView, needs="roles:read")
    copy_role = operation(
        "POST /roles/{role_id}/copy",
        roles.copy_role,
        takes=RoleCopy,
        gives=RoleView,
        needs="roles:create",
        status=201,
        errors=(RoleNameTaken, BeyondOwnRights),
    )
    change_role = operation(
        "PATCH /roles/{role_id}",
        roles.change_role,
        takes=RoleChange,
        gives=RoleView,
        needs="roles:change",
        step_up=True,
        guarded=True,
        errors=(RoleNameTaken, BuiltInRole, LastAdministrator, BeyondOwnRights),
    )
    reset_role = operation(
        "POST /roles/{role_id}/reset",
        roles.reset_role,
        gives=RoleView,
        needs="roles:change",
        guarded=True,
        step_up=True,
        errors=(BuiltInRole, NotBuiltIn, BeyondOwnRights),
    )
    delete_role = operation(
        "DELETE /roles/{role_id}",
        roles.delete_role,
        needs="roles:change",
        guarded=True,
        errors=(RoleInUse, BuiltInRole, BeyondOwnRights),
    )

    # For the other services
    publish_directory = operation("POST", directory_publication.publish_directory, needs=INTERNAL)

    # In the background
    send_letter = job(sending.send)
    run_import = job(imports.run)
    tidy = timer(housekeeping.tidy)
    drop_result = timer(housekeeping.drop_result)
    rotate_signing_keys = timer(rotation.rotate_in_time)
    withdraw_signing_key = timer(rotation.withdraw_key)

    find_jobs = job_operations.list_of("auth")
    get_job = job_operations.look_at("auth")
    cancel_job = job_operations.cancel_of("auth")
    get_job_file = job_operations.file_of("auth")
