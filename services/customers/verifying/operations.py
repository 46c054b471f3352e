"""The part of customers' table of contents that is about what has to be verified."""

from chassis.operations import operation
from services.customers.channels.errors import ChannelExists, TooManyChannels, UnknownChannel, UnsuitableValue
from services.customers.duplicates.checking import CustomerExists
from services.customers.errors import UnknownContact
from services.customers.verifying import deciding, reporting, showing
from services.customers.verifying import schemas as vs
from services.customers.verifying.errors import AlreadyDecided, TooManyReports


class Verifying:
    """Channels that are said to have changed, and those that do not work."""

    report_channel = operation(
        "POST /customers/{customer_id}/channel-reports",
        reporting.report_channel,
        takes=vs.NewReport,
        gives=vs.ReportView,
        needs="customers:report",
        status=201,
        errors=(ChannelExists, TooManyReports, UnknownChannel, UnknownContact, UnsuitableValue),
    )
    channel_reports = operation(
        "GET /customers/{customer_id}/channel-reports",
        showing.channel_reports,
        takes=vs.ReportSearch,
        gives=vs.ReportPage,
        needs="customers:read",
    )
    get_channel_report = operation(
        "GET /channel-reports/{report_id}", showing.get_channel_report, gives=vs.ReportView, needs="customers:read"
    )
    confirm_channel_report = operation(
        "POST /channel-reports/{report_id}/confirm",
        deciding.confirm_channel_report,
        takes=vs.Confirmation,
        gives=vs.ReportView,
        needs="customers:change",
        errors=(AlreadyDecided, CustomerExists, TooManyChannels),
    )
    reject_channel_report = operation(
        "POST /channel-reports/{report_id}/reject",
        deciding.reject_channel_report,
        takes=vs.Rejection,
        gives=vs.ReportView,
        needs="customers:change",
        errors=(AlreadyDecided,),
    )
    report_bounce_notice = operation(
        "POST /bounced-mail/notices",
        reporting.report_bounce_notice,
        takes=vs.BounceNotice,
        gives=vs.Bounced,
        needs="customers:report",
        errors=(TooManyReports,),
    )
    report_bounce = operation(
        "POST /bounced-mail",
        reporting.report_bounce,
        takes=vs.Bounce,
        gives=vs.Bounced,
        needs="customers:report",
        errors=(TooManyReports,),
    )
