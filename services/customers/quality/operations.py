"""The part of customers' table of contents that is about the quality of what is known of them."""

from chassis.job_operations import JobStarted
from chassis.operations import job, on, operation, timer
from contracts.customers import CustomerFieldChanged
from services.customers.quality import reporting, rescoring, showing, standards
from services.customers.quality import schemas as qs


class Quality:
    """Standards, scores, reports, and tasks that follow from them."""

    find_quality_standards = operation(
        "GET /quality/standards", standards.find_standards, gives=qs.Standards, needs="customers:read"
    )
    change_quality_standard = operation(
        "PATCH /quality/standards/{standard_id}",
        standards.change_standard,
        takes=qs.StandardChange,
        gives=qs.StandardView,
        needs="customers:configure",
        guarded=True,
    )
    customer_quality = operation(
        "GET /customers/{customer_id}/quality", showing.get_quality, gives=qs.QualityView, needs="customers:read"
    )
    verify_customer = operation(
        "POST /customers/{customer_id}/verify",
        showing.verify_customer,
        takes=qs.Verification,
        gives=qs.QualityView,
        needs="customers:change",
    )
    report_quality = operation(
        "GET /quality/report",
        reporting.report_quality,
        takes=qs.ReportSearch,
        gives=qs.QualityReport,
        needs="customers:read",
        timeout=25.0,
    )
    customers_by_quality = operation(
        "GET /quality/customers",
        reporting.worst_customers,
        takes=qs.WorstSearch,
        gives=qs.QualityPage,
        needs="customers:read",
    )
    start_cleaning = operation(
        "POST /quality/clean", rescoring.start_cleaning, gives=JobStarted, needs="customers:configure", status=202
    )
    assess_customers = job(rescoring.assess_customers)
    clean_customers = job(rescoring.clean_customers)
    quality_day = timer(rescoring.quality_day)
    assess_anew = timer(rescoring.assess_anew)
    follow_fields = on(CustomerFieldChanged, rescoring.follow_fields)
