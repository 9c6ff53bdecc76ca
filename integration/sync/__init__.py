"""The engine that makes calls to EasyEcom, and what it leans on."""
