"""Members at risk as other systems read them. Read only; chances are 0 to 1."""

from rest_framework import serializers


class ChanceSerializer(serializers.Serializer):
    """A chance with its 80 % range."""

    risk = serializers.FloatField(min_value=0, max_value=1)
    low = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    high = serializers.FloatField(min_value=0, max_value=1, allow_null=True)


class FactorSerializer(serializers.Serializer):
    feature = serializers.CharField()
    sentence = serializers.CharField()
    evidence = serializers.CharField(allow_blank=True)
    weight = serializers.FloatField(help_text="0 to 1, strongest first")
    direction = serializers.ChoiceField(choices=["raises", "lowers"])


class MemberRiskSerializer(serializers.Serializer):
    """One member's score. `abstained` says why there is none; it is empty where there is one."""

    imis_id = serializers.CharField()
    name = serializers.CharField(help_text="initials where you may not see names")
    tier = serializers.CharField(allow_blank=True)
    chapter = serializers.CharField(allow_blank=True)
    band = serializers.ChoiceField(choices=["high", "medium", "low", ""], help_text="at the asked horizon")
    within_30_days = ChanceSerializer(allow_null=True)
    within_60_days = ChanceSerializer(allow_null=True)
    within_90_days = ChanceSerializer(allow_null=True)
    at_next_renewal = ChanceSerializer(allow_null=True)
    lapse_on = serializers.DateField(allow_null=True, help_text="most likely date")
    lapse_from = serializers.DateField(allow_null=True)
    lapse_to = serializers.DateField(allow_null=True)
    renews_on = serializers.DateField(allow_null=True)
    dues = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    value = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    factors = FactorSerializer(many=True)
    abstained = serializers.CharField(allow_blank=True)
    as_of = serializers.DateField()
    model = serializers.CharField(help_text="name and version")
