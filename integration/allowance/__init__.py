"""What each account may still ask of EasyEcom today, and what waits for tomorrow."""
