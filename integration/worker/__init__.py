"""The worker: all that django-q runs, who watches it, and what is deleted when."""
