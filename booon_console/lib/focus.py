"""Where the keyboard's focus stands as a form's page opens."""

from django import forms


def focus_first(form: forms.Form) -> None:
    """In the first field that is marked as wrong, else in the first of all."""
    names = [field.name for field in form.visible_fields()]
    name = next((each for each in names if each in form.errors), names[0])
    form.fields[name].widget.attrs["autofocus"] = True
