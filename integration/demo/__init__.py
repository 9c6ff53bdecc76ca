"""`manage.py demo`: the whole journey, told step by step, by HTTP and commands alone.

It holds nothing of the console but its own child processes, and writes no row: what it tells is
what the API, EasyEcom's stand-in and the commands say.
"""
