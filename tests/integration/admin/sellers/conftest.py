"""The stand-in EasyEcom, for the onboarding pages too."""

from tests.integration.conftest import easyecom

__all__ = ["easyecom"]
