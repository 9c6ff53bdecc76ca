"""What the web server runs: `granian --interface wsgi booon_console.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "booon_console.settings")
# Only the web server shares connections between its threads.
os.environ.setdefault("DATABASE_POOL", "true")

application = get_wsgi_application()
