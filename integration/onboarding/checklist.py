"""What only a person can tell of a location: ticked with name and time, and taken back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from booon_console.lib import clock
from integration.models import Declaration, Delivery, WebhookEndpoint, record_event
from sellers.models import Location

What = Declaration.What


@transaction.atomic
def declare(location: Location, what: What, *, actor: str) -> bool:
    """False where somebody said so already: their name stays."""
    now = clock.now()
    said = {"by": actor[:150], "at": now}
    _, is_new = Declaration.objects.get_or_create(location=location, what=what, defaults=said)
    if is_new:
        record(f"Says: {what.label}.", location, actor, now)
    return is_new


@transaction.atomic
def take_back(location: Location, what: What, *, actor: str) -> bool:
    """False where nobody had said so."""
    gone, _ = Declaration.objects.filter(location=location, what=what).delete()
    if gone:
        record(f"Took back: {what.label}.", location, actor, clock.now())
    return bool(gone)


def record(sentence: str, location: Location, actor: str, now: datetime) -> None:
    record_event("declared", sentence, at=now, actor=actor, location=location)


def with_open_steps(locations: QuerySet[Location]) -> QuerySet[Location]:
    """Those where something is still to be declared, or a first webhook still to be seen."""
    own = Declaration.objects.filter(location=OuterRef("pk")).values("location")
    all_said = own.annotate(said=Count("pk")).filter(said=len(What))
    endpoints = WebhookEndpoint.objects.filter(location=OuterRef("pk"))
    unheard = endpoints.exclude(Exists(Delivery.objects.filter(endpoint=OuterRef("pk"))))
    return locations.filter(~Exists(all_said) | ~Exists(endpoints) | Exists(unheard))
