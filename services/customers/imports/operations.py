"""What customers offers for bringing in files: a part of its table of contents."""

from chassis.character_sets import UnreadableTable
from chassis.job_operations import JobStarted, NoResultFile
from chassis.operations import File, job, operation, timer
from chassis.tables import NoSuchUpload
from services.customers.errors import UnknownOwner, UnknownPool, UnusableDefaults
from services.customers.imports import failures, suggesting, templates
from services.customers.imports.assessing import assess_imported
from services.customers.imports.mapping_schemas import ColumnsQuestion, SuggestedMapping, TemplateQuestion
from services.customers.imports.run import run_import
from services.customers.imports.schemas import ImportOrder
from services.customers.imports.start import import_customers

NEEDS = "customers:import"


class Imports:
    """Bringing in files, and what leads to them."""

    import_customers = operation(
        "POST /customers/import",
        import_customers,
        takes=ImportOrder,
        gives=JobStarted,
        needs=NEEDS,
        status=202,
        errors=(NoSuchUpload, UnusableDefaults, UnknownPool, UnknownOwner),
    )
    run_import = job(run_import)
    assess_imported = timer(assess_imported)
    suggest_mapping = operation(
        "POST /customers/import/mapping",
        suggesting.suggest_mapping,
        takes=ColumnsQuestion,
        gives=SuggestedMapping,
        needs=NEEDS,
        timeout=30,
        errors=(NoSuchUpload, UnreadableTable),
    )
    failed_rows = operation(
        "GET /customers/imports/{job_id}/failed-rows",
        failures.failed_rows,
        gives=File,
        needs=NEEDS,
        errors=(NoResultFile,),
    )
    import_template = operation(
        "GET /customers/import/template", templates.import_template, takes=TemplateQuestion, gives=File, needs=NEEDS
    )
