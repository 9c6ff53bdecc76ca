"""What staff do on a location's guided path: tick, test the connection, send a self-test."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from booon_console.lib import clock
from integration.admin.base import ReadOnlyAdmin, posted
from integration.admin.sellers import connection
from integration.models import Declaration, SelfTest, Topic, WebhookEndpoint, record_event
from integration.onboarding import checklist, webhook_test
from sellers.models import Location

TICK = "sellers.change_location"
# Whoever may retry may also look whether it would help.
TRY = "integration.retry_syncjob"
# Each of what only a person can say, at once.
ALL = "all"


def path_url(location: Location) -> str:
    """Its place on the page of its seller's path."""
    page = reverse("admin:sellers_seller_path", args=[location.seller_id])
    return f"{page}#location-{location.pk}"


class PathDoors(ReadOnlyAdmin):
    """What the location's admin stands on."""

    def path_doors(self) -> list[URLPattern]:
        return [
            self.door("declare", self.declare),
            self.door("probe", self.probe),
            self.door("selftest", self.self_test),
        ]

    @posted
    def declare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, TICK)
        asked, actor = request.POST.get("what", ""), request.user.get_username()
        if asked == ALL:
            for what in Declaration.What:
                checklist.declare(location, what, actor=actor)
        elif asked in Declaration.What:
            is_taken_back = request.POST.get("said") == "no"
            say: Callable[..., bool] = checklist.take_back if is_taken_back else checklist.declare
            say(location, Declaration.What(asked), actor=actor)
        return HttpResponseRedirect(path_url(location))

    @posted
    def probe(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, TRY)
        verdict = connection.test(location, actor=request.user.get_username())
        level = "success" if verdict.is_well else "warning"
        self.message_user(request, f"{location}: {verdict.sentence}", level)
        return HttpResponseRedirect(path_url(location))

    @posted
    def self_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, TRY)
        topic = request.POST.get("topic")
        endpoint = get_object_or_404(
            WebhookEndpoint, location=location, topic=topic if topic in Topic else ""
        )
        test, sentence = run_self_test(endpoint, actor=request.user.get_username())
        self.message_user(request, sentence, "warning" if test.trouble else "success")
        return HttpResponseRedirect(path_url(location))


def run_self_test(endpoint: WebhookEndpoint, *, actor: str) -> tuple[SelfTest, str]:
    """What came of it, and in words."""
    test = webhook_test.run(endpoint)
    sentence = f"Self-test of the {endpoint.topic} webhook: {verdict_of(test)}"
    record_event("self_test", sentence, at=clock.now(), actor=actor, location=endpoint.location)
    return test, sentence


def verdict_of(test: SelfTest) -> str:
    return test.trouble or f"it came in through PUBLIC_URL, in {test.elapsed_ms} ms."
