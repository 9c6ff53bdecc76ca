"""How a seller comes in: checked, tested and told, beside the onboarding that talks to EasyEcom."""
