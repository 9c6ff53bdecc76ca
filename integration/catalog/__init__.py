"""EasyEcom's products, Booon's listings, and stock levels."""
