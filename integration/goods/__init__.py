"""Products as rows, and which SKUs have one."""
