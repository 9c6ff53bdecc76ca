"""Sync jobs and the API calls made for them; each seller's quota, what its calls were for, and what
EasyEcom said when it refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import Case, Exists, F, Q, Value, When

from booon_console.lib import clock
from integration.models.holds import Hold
from integration.models.orders import Order
from sellers.models import Location, Seller


@dataclass(frozen=True, slots=True)
class Rest:
    """How a sync job comes to rest: its status, and when it is due again.

    `due_in` is in seconds; None means that nothing happens by itself. `code` and `message` say
    what stands in the way, "" when nothing does. `setbacks` counts tries in a row that got nowhere.
    """

    status: SyncJob.Status
    due_in: float | None = None
    code: str = ""
    message: str = ""
    setbacks: int = 0


class SyncJobs(models.QuerySet["SyncJob"]):
    def polling(self, is_polling: bool) -> SyncJobs:
        """Those that poll, or those that go before polling."""
        first = Q(kind__in=SyncJob.FIRST)
        return self.exclude(first) if is_polling else self.filter(first)

    def held(self) -> SyncJobs:
        """Those that nothing may be said about to EasyEcom."""
        return self.filter(is_held())

    def unheld(self) -> SyncJobs:
        return self.exclude(is_held())

    def of_location(self, location: Location, kind: SyncJob.Kind | str) -> SyncJob:
        """The location's job of that kind, made at rest where there is none."""
        job, _ = self.get_or_create(
            kind=kind,
            location=location,
            order=None,
            defaults={"seller_id": location.seller_id, "status": SyncJob.Status.SUCCEEDED},
        )
        return job

    def want_location(self, location: Location, *, correlation_id: str = "") -> SyncJob:
        """Ask for the location's next step, its onboarding or a log-in."""
        job = self.of_location(location, SyncJob.Kind.LOCATION)
        self.filter(pk=job.pk).want(correlation_id=correlation_id)
        return job

    def want(self, *, correlation_id: str = "") -> int:
        """Ask for another look at these: due now, unless one is running, which then looks again.

        This is also what Retry does. Doubt stays doubt (its look-up comes forward) and a
        cancelled job stays cancelled. Returns how many were asked.
        """
        now = clock.now()
        stays = Q(status__in=[SyncJob.Status.RUNNING, SyncJob.Status.IN_DOUBT])
        return self.exclude(status=SyncJob.Status.CANCELLED).update(
            wanted=F("wanted") + 1,
            due_at=now,
            status=Case(When(stays, then=F("status")), default=Value(SyncJob.Status.PENDING)),
            correlation_id=correlation_id,
            updated_at=now,
        )


def is_held() -> Q:
    holds = Hold.objects.open()
    return Q(Exists(holds.filter(seller=None))) | Q(
        seller__in=holds.exclude(seller=None).values("seller")
    )


class SyncJob(models.Model):
    """The durable intent to carry one thing forward at EasyEcom; one row per thing."""

    class Kind(models.TextChoices):
        ORDER = "order", "Order"
        LOCATION = "location", "Location"
        PRODUCTS = "products", "Product pull"
        STOCK = "stock", "Stock read-back"
        CHECKS = "checks", "Order check"
        PROBE = "probe", "Connection test"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Nothing to do"
        IN_DOUBT = "in_doubt", "In doubt"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    # Orders, their AWBs and look-ups in doubt, and onboarding. All else polls, and goes after them.
    FIRST = (Kind.ORDER, Kind.LOCATION, Kind.PROBE)

    kind = models.CharField(max_length=16, choices=Kind)
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="sync_jobs")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="sync_jobs")
    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="sync_job"
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    # `served` is copied from `wanted` at claim: when they differ later, someone asked meanwhile.
    wanted = models.PositiveIntegerField(default=1)
    served = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    # Tries in a row that got nowhere: picks the delay from RETRY_DELAYS.
    setbacks = models.PositiveIntegerField(default=0)
    # Empty: nothing will happen by itself.
    due_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    error_code = models.CharField(max_length=32, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    # Where a job of many pages stands: EasyEcom's own next page, verbatim.
    next_page = models.TextField(blank=True, default="")
    # The arrival number of the stock page that is being asked for.
    arrival = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    # The order that a job of many is asking about.
    checking = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SyncJobs.as_manager()

    class Meta:
        permissions = [("retry_syncjob", "Can retry sync jobs")]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "kind"],
                condition=Q(order__isnull=True),
                name="one_job_per_location_and_kind",
            ),
            models.CheckConstraint(
                name="order_job_has_order",
                condition=Q(kind="order", order__isnull=False)
                | (~Q(kind="order") & Q(order__isnull=True)),
            ),
            models.CheckConstraint(
                name="running_job_has_lease",
                condition=Q(status="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_token__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="job_due",
                condition=Q(status__in=["pending", "in_doubt"]),
            ),
            models.Index(
                fields=["seller", "due_at"],
                name="job_seller_due",
                condition=Q(status__in=["pending", "in_doubt"]),
            ),
            models.Index(fields=["lease_until"], name="job_lease", condition=Q(status="running")),
            models.Index(fields=["status", "-updated_at"], name="job_status_updated"),
            models.Index(fields=["seller"], name="job_held", condition=Q(error_code="held")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.order or self.location}"

    @property
    def is_polling(self) -> bool:
        return self.kind not in self.FIRST


class KnownError(models.Model):
    """A pattern of EasyEcom's words, and what it means to whoever has to mend it."""

    # `*` stands for anything; letters' case and spaces don't count.
    pattern = models.CharField(max_length=200, unique=True)
    sentence = models.CharField(max_length=300)
    next_step = models.CharField(max_length=300)
    # Whether the same call may succeed later with nothing changed.
    is_retryable = models.BooleanField(default=False)
    named_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern


class ErrorMessage(models.Model):
    """One way in which EasyEcom refused, its numbers left out, and how often it did."""

    digest = models.CharField(max_length=64, unique=True)
    shape = models.CharField(max_length=300)
    sample = models.CharField(max_length=500)
    known = models.ForeignKey(
        KnownError, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.shape


class ApiCall(models.Model):
    """One HTTP exchange with EasyEcom. Committed as open before the first byte leaves."""

    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="api_calls")
    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="api_calls")
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, null=True, blank=True, related_name="api_calls"
    )
    # Of the order's facts, as they were when the call was opened.
    revision = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=32)
    is_write = models.BooleanField()
    is_open = models.BooleanField(default=True)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    request = models.TextField(blank=True, default="")
    http_status = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=32, blank=True, default="", db_index=True)
    message = models.CharField(max_length=500, blank=True, default="")
    error = models.ForeignKey(
        ErrorMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="api_calls"
    )
    reply = models.TextField(blank=True, default="")
    elapsed_ms = models.PositiveIntegerField(null=True, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["job"], name="call_open", condition=Q(is_open=True)),
            models.Index(fields=["order", "started_at"], name="call_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.started_at:%Y-%m-%d %H:%M:%S}"


class Quota(models.Model):
    """A seller's rate limit at EasyEcom (GCRA), and today's count, shared by all workers."""

    seller = models.OneToOneField(
        Seller, on_delete=models.CASCADE, primary_key=True, related_name="quota"
    )
    # When the bucket is full again if nothing more is taken.
    full_at = models.DateTimeField()
    # EasyEcom said 429: nothing goes out before this.
    paused_until = models.DateTimeField(null=True, blank=True)
    day = models.DateField()
    used_today = models.PositiveIntegerField(default=0)
    polled_today = models.PositiveIntegerField(default=0)
    # While polling is slowed: no polling call goes out before this.
    polls_at = models.DateTimeField(null=True, blank=True)
    # EasyEcom said 429 with the whole day's calls used: nothing goes out before this.
    spent_until = models.DateTimeField(null=True, blank=True)
    # EasyEcom said that the day's calls are used, whatever our count: nothing goes out before this.
    refused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Calls of {self.seller}"


class CallCount(models.Model):
    """How many calls of a kind an account made on a day of EasyEcom's, which are India's."""

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(db_index=True)
    kind = models.CharField(max_length=32)
    is_polling = models.BooleanField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "day", "kind", "is_polling"], name="one_count_per_kind_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} × {self.count} on {self.day}"
