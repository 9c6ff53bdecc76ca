"""Orders from a CSV file: uploaded, previewed, and imported once someone has said so."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from integration.admin import order_import_results
from integration.admin.file_imports import NOT_KEPT, FileForm, FileImports, csv_file
from integration.admin.selection import Freezes
from integration.models import OrderFile
from integration.orders import awb_file
from integration.orders import csv_file as orders_csv_file

IMPORT = "integration.import_order"
MOST_SHOWN = 500


class OrderFileForm(FileForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = "CSV file"
        self.fields["file"].help_text = (
            "Comma-separated, UTF-8, at most 5 MB and 5,000 rows: one for each line of an order. "
            "Nothing is written before you confirm the preview."
        )

    def read(self, name: str, content: bytes) -> OrderFile:
        orders_csv_file.parse(content)
        return OrderFile(name=name, body=content)


class OrderImports(FileImports, Freezes):
    """What the order's admin stands on."""

    change_list_template = "console/orders.html"
    file_model = OrderFile
    file_form = OrderFileForm
    upload_template = "console/import_orders.html"
    upload_title = "Import orders"
    too_large = orders_csv_file.TOO_LARGE
    columns = orders_csv_file.COLUMNS
    example = orders_csv_file.EXAMPLE
    template_name = "orders-template.csv"

    def import_pages(self) -> list[URLPattern]:
        route = "import/<uuid:file_id>/refused.csv"
        return [
            *super().import_pages(),
            self.import_page(route, self.refused, "import_refused"),
        ]

    def may_import(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(IMPORT)

    def unreadable(self, file: OrderFile) -> str:
        """A list of AWBs is kept in the same table."""
        return NOT_KEPT if awb_file.is_kept(bytes(file.body)) else ""

    def preview(self, request: HttpRequest, file: OrderFile) -> HttpResponse:
        verdicts = order_import_results.results_of(file)
        return self.page(
            request,
            "console/import_preview.html",
            title=f"Import {file.name}",
            file=file,
            is_under_way=file.begun_at is not None and file.results is None,
            counts=order_import_results.counted(verdicts),
            would_write=sum(verdict.writes for verdict in verdicts),
            has_refused=any(verdict.is_refused for verdict in verdicts),
            unknown_count=sum(bool(verdict.unknown_skus) for verdict in verdicts),
            verdicts=sorted(verdicts, key=order_import_results.first_to_look_at)[:MOST_SHOWN],
            more=max(0, len(verdicts) - MOST_SHOWN),
        )

    def carry_out(self, request: HttpRequest, file: OrderFile) -> str:
        verdicts = order_import_results.carry_out(file, request.user.get_username())
        return f"{file.name}: {order_import_results.in_words(verdicts)}."

    def refused(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """The refused rows with their reasons; put right, the file can be uploaded again."""
        self.demand_import(request)
        file = self.file_of(request, file_id)
        if file is None or self.unreadable(file):
            return self.again(request, NOT_KEPT)
        return csv_file(
            "refused-orders.csv",
            order_import_results.refused_rows(order_import_results.results_of(file)),
        )
