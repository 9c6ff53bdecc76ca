"""What staff send to a seller with a link, and to remind them of it."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integration.models import SellerLink
from integration.seller_link.dates import moment_of
from integration.seller_link.door import LANGUAGES


def address_of(link: SellerLink, secret: str) -> str:
    """The secret behind the #, which no browser sends to anybody."""
    return f"{settings.PUBLIC_URL}{link.path}#{secret}"


def invitations(link: SellerLink, secret: str) -> dict[str, str]:
    """The message in each language, by its name."""
    return {name: invitation(link, secret, code) for code, name in LANGUAGES}


def invitation(link: SellerLink, secret: str, language: str) -> str:
    with translation.override(language):
        return _(
            "To connect %(name)s with Booon, open this link and follow its steps: %(address)s\n"
            "It is for you alone: who has it acts for your shop. It is open until %(day)s. You "
            "need your EasyEcom log-in and a quarter of an hour. If the page asks for a code: "
            "%(code)s"
        ) % {
            "name": link.name,
            "address": address_of(link, secret),
            "day": moment_of(link.expires_at),
            "code": secret,
        }


def reminders(link: SellerLink, left: int | None) -> dict[str, str]:
    """In each language. `left` steps are open; None: nothing was typed in yet."""
    return {name: reminder(link, left, code) for code, name in LANGUAGES}


def reminder(link: SellerLink, left: int | None, language: str) -> str:
    with translation.override(language):
        if left is None:
            how_far = _("Nothing was typed in yet.")
        else:
            how_far = ngettext("%(n)s step is still open.", "%(n)s steps are still open.", left) % {
                "n": left
            }
        return _(
            "About connecting %(name)s with Booon: %(how_far)s Open the link that we sent you to "
            "go on where you were. It is open until %(day)s; if you don't find it, ask us for "
            "another."
        ) % {"name": link.name, "how_far": how_far, "day": moment_of(link.expires_at)}
