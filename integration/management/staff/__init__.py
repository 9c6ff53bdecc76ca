"""Django's commands about staff, wrapped: an app of its own, to stand before Django's."""
