"""An alert's page leads to what it is about."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integration.models import Alert
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db

LEADS = {
    "hold:7": ["/admin/integration/hold/7/change/"],
    "carrier:7": ["/admin/sellers/carrierregistration/7/change/"],
    "lifeline:ab_c": ["/admin/integration/webhookendpoint/ab_5Fc/change/"],
    "silent:7": ["/admin/integration/webhookendpoint/7/change/"],
    "log_in:7": ["/admin/sellers/seller/7/change/"],
    "account:7": ["/admin/sellers/seller/7/change/"],
    "key:7": ["/admin/integration/apikey/7/change/"],
    "worker": ["/admin/integration/worker/"],
    "queue:Calls to EasyEcom": [
        "/admin/integration/syncjob/?status=pending",
        "/admin/integration/worker/",
    ],
    "queue:Webhooks from EasyEcom": [
        "/admin/integration/delivery/?status=stored",
        "/admin/integration/worker/",
    ],
    "queue:Webhooks to Booon": [
        "/admin/integration/announcement/?state=next",
        "/admin/integration/worker/",
    ],
}


@pytest.mark.parametrize("key", LEADS)
def test_alert_leads_to_what_it_is_about(client, key):
    kind = key.partition(":")[0]
    alert = Alert.objects.create(key=key, kind=kind, sentence="S", opened_at=timezone.now())
    client.force_login(make_superuser())

    page = client.get(reverse("admin:integration_alert_change", args=[alert.pk]))

    assert [button.url for button in page.context["buttons"]] == LEADS[key]
    assert all(f'href="{url}"' in page.content.decode() for url in LEADS[key])


def test_every_kind_of_alert_leads_somewhere():
    assert {key.partition(":")[0] for key in LEADS} == set(Alert.Kind.values)
