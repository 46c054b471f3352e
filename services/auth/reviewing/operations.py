"""What auth offers on access reviews: a part of its table of contents, in a file of its own for its length."""

from chassis.operations import AUTHENTICATED, operation, timer
from services.auth.errors import LastAdministrator
from services.auth.reviewing import commands, queries
from services.auth.reviewing.errors import AlreadyDecided, ReviewUnderWay
from services.auth.reviewing.schemas import Decision, LinePage, LineSearch, LineView, NewReview, ReviewPage, ReviewView
from services.auth.schemas import PageRequest

LONG = 30.0
"""Seconds: a review of thousands of people is made in one transaction."""


class ReviewOperations:
    """Access reviews, for those who begin them and for the managers who decide."""

    begin_review = operation(
        "POST /access-reviews",
        commands.begin_review,
        takes=NewReview,
        gives=ReviewView,
        needs="audit:review",
        status=201,
        timeout=LONG,
        errors=(ReviewUnderWay,),
    )
    find_reviews = operation(
        "GET /access-reviews", queries.find_reviews, takes=PageRequest, gives=ReviewPage, needs="audit:read"
    )
    get_review = operation("GET /access-reviews/{review_id}", queries.get_review, gives=ReviewView, needs="audit:read")
    find_lines = operation(
        "GET /access-reviews/{review_id}/lines",
        queries.find_lines,
        takes=LineSearch,
        gives=LinePage,
        needs=AUTHENTICATED,
    )
    confirm_line = operation(
        "POST /access-review-lines/{line_id}/confirm",
        commands.confirm_line,
        takes=Decision,
        gives=LineView,
        needs=AUTHENTICATED,
        errors=(AlreadyDecided,),
    )
    revoke_line = operation(
        "POST /access-review-lines/{line_id}/revoke",
        commands.revoke_line,
        takes=Decision,
        gives=LineView,
        needs=AUTHENTICATED,
        step_up=True,
        errors=(AlreadyDecided, LastAdministrator),
    )

    remind_reviewers = timer(commands.remind_reviewers)
