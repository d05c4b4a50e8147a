"""The address of the cohort forecast, and the effort planned for one cohort."""

from django import forms

from retention.queries import cohorts


class CohortForm(forms.Form):
    by = forms.ChoiceField(choices=list(cohorts.BY.items()), required=False)
    sort = forms.ChoiceField(
        choices=[(sign + key, key) for key in cohorts.SORTS for sign in ("", "-")], required=False
    )

    @property
    def group(self) -> str:
        return self.cleaned_data.get("by") or "joined"

    @property
    def order(self) -> str:
        """Steepest decline first."""
        return self.cleaned_data.get("sort") or "change"


class PlanForm(forms.Form):
    by = forms.ChoiceField(choices=list(cohorts.BY.items()))
    cohort = forms.CharField(max_length=100)
    quarter = forms.RegexField(r"^\d{4}-Q[1-4]$")
    hours = forms.DecimalField(min_value=0, max_digits=7, decimal_places=1, required=False)
    money = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2, required=False)
