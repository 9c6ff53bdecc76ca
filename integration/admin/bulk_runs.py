"""Bulk runs: what is to be expected of one, starting and stopping it, and each row's result."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from booon_console.lib.admin_parts import Button, badge, moment, one_of, plain
from booon_console.lib.reasons import ReasonField
from booon_console.lib.spreadsheets import safe
from integration.admin import actions
from integration.admin.base import ReadOnlyAdmin, posted
from integration.admin.file_imports import csv_file
from integration.admin.labels import RESULT_TONES, RUN_TONES, reason_words
from integration.bulk import report, runs, selection
from integration.models import BulkItem, BulkRun, Drain
from integration.sync import wakeup
from integration.webhooks import preview as webhooks_preview
from sellers import scope
from sellers.models import Location

VIEW, LARGE = "integration.view_bulkrun", "integration.start_large_run"
ASKS = {BulkRun.Kind.RETRY: actions.RETRY, BulkRun.Kind.REPLAY: actions.REPLAY}
State = BulkRun.State
# Of a large run these are for whoever has that permission; anybody who may ask may stop it.
GOES_ON = ("start", "resume")
WARNINGS = {"cancel": "What is not asked for yet is left out. What is asked for goes on."}
MOST_ROWS = 50
COLUMNS = ["Of", "Seller", "Result", "What was said", "Asked for", "Ended"]
SHOWN = (
    *("run", "result", "message", "asked_at", "ended_at", "seller__name"),
    *("job__kind", "job__status", "job__order__order_number"),
    *("job__location__name", "job__location__location_key"),
    *("delivery__topic", "delivery__status"),
)


class ReasonForm(forms.Form):
    """Why so many are asked for again."""

    reason = ReasonField(
        "What has changed, so that it is worth its calls. It stays with your name."
    )


@admin.register(BulkRun)
class BulkRunAdmin(ReadOnlyAdmin):
    change_form_template = "console/bulk_run.html"
    list_display = [
        "__str__",
        "standing",
        plain("reason", "why"),
        plain("frozen_by", "prepared by"),
        plain("started_by", "started by"),
        moment("frozen_at", "prepared"),
        moment("ended_at", "ended"),
    ]
    list_filter = [one_of("kind", BulkRun.Kind.choices), one_of("state", State.choices)]
    ordering = ["-id"]
    fields = [
        "standing",
        "filtered",
        plain("frozen_by", "Prepared by"),
        moment("frozen_at", "Prepared"),
        plain("started_by", "Started by"),
        moment("started_at", "Started"),
        plain("reason", "Why"),
        moment("ended_at", "Ended"),
    ]

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of which every seller is theirs."""
        own = scope.seller_ids(request.user)
        if own is None:
            return rows
        named = BulkRun.sellers.through._default_manager
        return rows.exclude(pk__in=named.exclude(seller__in=own).values("bulkrun"))

    @admin.display(description="state")
    def standing(self, run: BulkRun) -> str:
        return badge(RUN_TONES[State(run.state)], run.get_state_display())

    @admin.display(description="Filtered by")
    def filtered(self, run: BulkRun) -> str:
        return run.filters.replace("&", ", ").replace("=", ": ")

    def facts(self, request: HttpRequest, row: BulkRun) -> dict[str, Any]:
        is_frozen = row.state == State.FROZEN
        may_ask = request.user.has_perm(ASKS[BulkRun.Kind(row.kind)])
        may_start = may_move(request, row, "start")
        shown, hopeless = request.GET.get("result"), report.hopeless(row)
        return {
            "buttons": self.buttons(request, row),
            "form": ReasonForm() if is_frozen and may_start else None,
            "start_url": self.url_of(row, "start"),
            "is_for_admins": is_frozen and may_ask and not may_start,
            "large": runs.LARGE,
            "hopeless": hopeless,
            **(self.catalogs(request, row) if is_frozen and hopeless else {}),
            "groups": [(reason_words(each), each) for each in report.groups(row)],
            "prices": report.prices(row, clock.now()) if is_frozen else [],
            "items": items_of(row, shown)[:MOST_ROWS],
            "most": MOST_ROWS,
            "results_url": self.url_of(row, "results"),
            **self.standing_of(row),
        }

    def catalogs(self, request: HttpRequest, run: BulkRun) -> dict[str, Any]:
        """Of a retry that may hang on products: as of when they are known, and what may be done."""
        if run.kind != BulkRun.Kind.RETRY:
            return {}
        skus, is_reading = report.missing_skus(run), report.is_reading_catalogs(run)
        read = Button("Read these sellers' catalogs first", self.url_of(run, "catalogs"))
        anew = Button("See anew what is to be expected", self.url_of(run, "reckon"))
        may = request.user.has_perm(actions.RETRY)
        return {
            "missing_skus": skus[: report.MOST_SKUS],
            "more_skus": len(skus) > report.MOST_SKUS,
            "catalogs_read_at": report.catalogs_read_at(run),
            "is_reading": is_reading,
            "outlook_buttons": [*([] if is_reading else [read]), anew] if may else [],
            "here": self.url_of(run),
        }

    @posted
    def read_catalogs(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.demand(request, object_id, actions.RETRY)
        sellers = run.items.exclude(outlook="").values("seller")
        rows = Location.objects.filter(seller__in=sellers, live_at__isnull=False)
        count = actions.read_catalogs(rows, actor=request.user.get_username())
        self.message_user(request, actions.said_of_catalogs(count))
        return HttpResponseRedirect(self.url_of(run))

    @posted
    def reckon(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.demand(request, object_id, actions.RETRY)
        if not selection.reckon_anew(run, clock.now()):
            self.message_user(request, "It was started already.")
        return HttpResponseRedirect(self.url_of(run))

    def standing_of(self, run: BulkRun) -> dict[str, Any]:
        """For the part of the page that is refreshed in place."""
        progress = report.progress(run)
        return {
            "run": run,
            "progress": progress,
            "counts": [
                (*each, RESULT_TONES[BulkItem.Result(each[0])]) for each in progress.by_result
            ],
            "is_moving": run.due_at is not None,
            "progress_url": f"{self.url_of(run, 'progress')}?state={run.state}",
        }

    def buttons(self, request: HttpRequest, run: BulkRun) -> list[Button]:
        can_try = run.kind == BulkRun.Kind.REPLAY and run.state == State.FROZEN
        look = Button("See what it would change", self.url_of(run, "preview"))
        may_look = can_try and request.user.has_perm(actions.REPLAY)
        moves = [
            Button(verb.capitalize(), self.url_of(run, verb), WARNINGS.get(verb, ""))
            for verb, move in runs.MOVES.items()
            if run.state in move.states and may_move(request, run, verb)
        ]
        return [look, *moves] if may_look else moves

    def get_urls(self) -> list[URLPattern]:
        moves = [self.door(verb, partial(self.move, verb=verb)) for verb in runs.MOVES]
        doors = [
            self.door("start", self.start),
            self.door("preview", self.preview),
            self.door("progress", self.show_progress),
            self.door("results", self.give_results),
            self.door("catalogs", self.read_catalogs),
            self.door("reckon", self.reckon),
        ]
        return [*doors, *moves, *super().get_urls()]

    @posted
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.demand_move(request, object_id, "start")
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.page(
                request, "console/bulk_start.html", run, title=f"Start {run}", form=form
            )
        actor, reason = request.user.get_username(), form.cleaned_data["reason"]
        with transaction.atomic():
            is_started = runs.start(run, reason=reason, actor=actor)
            wakeup.after_commit(Drain.Kind.BULK)
        self.message_user(request, "Started." if is_started else "It was started already.")
        return HttpResponseRedirect(self.url_of(run))

    @posted
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the first of a run's deliveries would change."""
        run = self.demand(request, object_id, actions.REPLAY)
        first = run.items.filter(delivery__isnull=False).order_by("pk")[: webhooks_preview.MOST]
        ids = list(first.values_list("delivery_id", flat=True))
        return self.page(
            request,
            "console/rehearsal.html",
            run,
            title="What it would change",
            found=webhooks_preview.preview_of(ids),
            rest=run.size - len(ids),
            most=MOST_ROWS,
        )

    @posted
    def move(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        run = self.demand_move(request, object_id, verb)
        with transaction.atomic():
            is_done = runs.move(run, verb, actor=request.user.get_username())
            wakeup.after_commit(Drain.Kind.BULK)
        word = runs.MOVES[verb].word
        self.message_user(request, f"It is {word}." if is_done else f"It can't be {word} now.")
        return HttpResponseRedirect(self.url_of(run))

    @method_decorator(require_GET)
    def show_progress(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The bar alone; the whole page anew once the run is in another state than it shows."""
        run = self.demand(request, object_id, VIEW)
        answer = render(request, "console/_bulk_progress.html", self.standing_of(run))
        if request.GET.get("state") != run.state:
            answer["HX-Refresh"] = "true"
        return answer

    @method_decorator(require_GET)
    def give_results(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.demand(request, object_id, VIEW)
        rows = [COLUMNS, *(safe(cells_of(item)) for item in items_of(run, None).order_by("pk"))]
        return csv_file(f"bulk-run-{run.pk}.csv", rows)

    def demand_move(self, request: HttpRequest, object_id: str, verb: str) -> BulkRun:
        run: BulkRun = self.demand(request, object_id, VIEW)
        if not may_move(request, run, verb):
            raise PermissionDenied
        return run


def may_move(request: HttpRequest, run: BulkRun, verb: str) -> bool:
    is_large = verb in GOES_ON and run.size > runs.LARGE
    needed = [ASKS[BulkRun.Kind(run.kind)], *([LARGE] if is_large else [])]
    return bool(request.user.has_perms(needed))


def items_of(run: BulkRun, result: str | None) -> QuerySet[BulkItem]:
    """Latest result first; of one result only, where that is asked for."""
    rows = run.items.select_related("seller", "job__order", "job__location", "delivery")
    if result in BulkItem.Result.values:
        rows = rows.filter(result=result)
    return rows.only(*SHOWN).order_by(F("ended_at").desc(nulls_last=True), "pk")


def cells_of(item: BulkItem) -> list[str]:
    times = [
        each.isoformat(timespec="seconds") if each else ""
        for each in (item.asked_at, item.ended_at)
    ]
    return [str(item), item.seller.name, item.get_result_display(), item.message, *times]
