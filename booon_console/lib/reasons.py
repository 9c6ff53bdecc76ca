"""The field in which somebody says why they do something; it stays on record."""

from typing import Any

from django import forms

SHORTEST, LONGEST = 10, 300


class ReasonField(forms.CharField):
    """A sentence of 10 to 300 characters, which is said beforehand."""

    def __init__(self, help_text: str, **kwargs: Any) -> None:
        super().__init__(
            min_length=SHORTEST,
            max_length=LONGEST,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=f"{help_text} {SHORTEST} characters or more.",
            error_messages={
                "required": "Say why: it stays on record.",
                "min_length": f"Say a little more: {SHORTEST} characters or more.",
                "max_length": f"Say it shorter: at most {LONGEST} characters.",
            },
            **kwargs,
        )
