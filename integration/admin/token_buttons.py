"""The buttons that give a webhook endpoint its token, wherever they stand."""

from django.urls import reverse

from booon_console.lib.admin_parts import Button
from integration.models import WebhookEndpoint

PERMISSION = "integration.issue_webhook_token"
RENEWED = "The token of before is taken for 48 h more, beside the new one."
LEAKED = (
    "The token of before is refused within a minute, and what EasyEcom sends with it, until the "
    "new one is pasted."
)


def token_buttons(endpoint: WebhookEndpoint) -> list[Button]:
    hidden = (("topic", endpoint.topic), ("seen", token_version(endpoint)))
    url = reverse("admin:sellers_location_token", args=[endpoint.location_id])
    if not endpoint.token_digest:
        return [Button("Issue its token", url, hidden=hidden)]
    return [
        Button("Renew the token", url, RENEWED, hidden),
        Button("It leaked: new token, end the old", url, LEAKED, (*hidden, ("old", "end"))),
    ]


def token_version(endpoint: WebhookEndpoint) -> str:
    """What a form was drawn over: sent once more it issues nothing."""
    return endpoint.token_issued_at.isoformat() if endpoint.token_issued_at else ""
