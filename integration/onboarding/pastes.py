"""What the seller pastes into EasyEcom's Webhook Settings."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from integration.models import SelfTest, Topic, WebhookEndpoint

# What to choose in EasyEcom's Webhook Settings: docs/easyecom-contract.md#token-and-settings.
TRIGGERS = {
    Topic.INVENTORY: ("Update Inventory", "Marketplace NA", "Action V1"),
    Topic.MANIFESTED: ("Manifested", "the marketplace (Booon)", "Action V2"),
}


@dataclass(frozen=True, repr=False)
class Paste:
    """One webhook as it is to be entered in EasyEcom; `token` only at the moment it is made."""

    endpoint: WebhookEndpoint
    token: str = ""

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.endpoint.path}"

    @property
    def trigger(self) -> str:
        return TRIGGERS[Topic(self.endpoint.topic)][0]

    @property
    def marketplace(self) -> str:
        return TRIGGERS[Topic(self.endpoint.topic)][1]

    @property
    def action(self) -> str:
        return TRIGGERS[Topic(self.endpoint.topic)][2]

    @property
    def heard_at(self) -> datetime | None:
        """When the first webhook came in; only of endpoints that `progress` read."""
        heard_at: datetime | None = self.endpoint.first_at  # type: ignore[attr-defined]
        return heard_at

    @property
    def self_test(self) -> SelfTest | None:
        return getattr(self.endpoint, "self_test", None)
