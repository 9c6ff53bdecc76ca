"""What the web server runs: `granian --interface wsgi booon_console.wsgi:application`."""

import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "booon_console.settings")
# Only the web server shares connections between its threads.
os.environ.setdefault("DATABASE_POOL", "true")

try:
    import_module(os.environ["DJANGO_SETTINGS_MODULE"])
except ImproperlyConfigured as problem:
    # Its sentence names the setting: where in the code it was read helps nobody.
    sys.exit(str(problem))

application = get_wsgi_application()
