import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='of the model', max_length=60)),
                ('version', models.CharField(help_text='that was looked at when it was found', max_length=60)),
                ('kind', models.CharField(choices=[('shift', 'A feature moved'), ('rate', 'What happens moved'), ('gap', 'A group fares worse')], max_length=10)),
                ('about', models.CharField(help_text='the feature, or the group and the measure', max_length=200)),
                ('sentence', models.CharField(max_length=400)),
                ('found_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(help_text='of the newest check that found it')),
                ('gone_at', models.DateTimeField(null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('accepted_by', models.CharField(blank=True, max_length=150)),
                ('reason', models.CharField(blank=True, help_text='why it is right as it is', max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('gone_at__isnull', True)), fields=('name', 'kind', 'about'), name='finding_once_while_it_lasts'), models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), models.Q(('accepted_by', ''), _negated=True), _connector='OR'), name='finding_accepted_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='TrainedModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('version', models.CharField(help_text='year.month.number, counted per name', max_length=60)),
                ('state', models.CharField(choices=[('candidate', 'Candidate'), ('live', 'Live'), ('retired', 'Retired')], default='candidate', max_length=10)),
                ('as_of', models.DateField(help_text='every label it learnt from was final by this day')),
                ('trained_at', models.DateTimeField()),
                ('trained_by', models.CharField(max_length=150)),
                ('promoted_at', models.DateTimeField(null=True)),
                ('promoted_by', models.CharField(blank=True, max_length=150)),
                ('retired_at', models.DateTimeField(null=True)),
                ('artefact', models.BinaryField()),
                ('digest', models.CharField(help_text='SHA-256 of the artefact', max_length=64)),
                ('signature', models.CharField(help_text='HMAC over name, version and digest', max_length=64)),
                ('features', models.JSONField(default=list)),
                ('manifest', models.JSONField(default=dict, help_text='what it was trained on, and with which versions')),
                ('evaluation', models.JSONField(default=dict, help_text='measures on time later than its training')),
                ('baselines', models.JSONField(default=dict, help_text='the same measures of each plain baseline')),
                ('calibration', models.JSONField(default=list, help_text='said against happened, by bin')),
                ('reading', models.JSONField(default=dict, help_text='what it said on later time beside what happened, by tens, group and month')),
                ('notes', models.JSONField(default=list, help_text='sentences for staff: limits, and why a baseline ships')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='trained_model_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('name',), name='trained_model_one_live_per_name'), models.CheckConstraint(condition=models.Q(models.Q(('promoted_at__isnull', True), ('promoted_by', '')), models.Q(('promoted_at__isnull', False), models.Q(('promoted_by', ''), _negated=True)), _connector='OR'), name='trained_model_promotion_names_a_person')],
            },
        ),
        migrations.CreateModel(
            name='Switch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='switches', to='registry.trainedmodel')),
                ('before', models.CharField(blank=True, help_text='the version that was live', max_length=60)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(help_text='who decided', max_length=320)),
                ('proposal', models.IntegerField(help_text='the decision; none for a first model', null=True, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('refused', models.CharField(blank=True, max_length=400)),
            ],
        ),
        migrations.CreateModel(
            name='ModelCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='registry.trainedmodel')),
                ('on', models.DateField()),
                ('shifts', models.JSONField(default=list, help_text='per feature, those that moved first')),
                ('rate', models.JSONField(help_text='how often it happened lately beside what is usual', null=True)),
                ('reading', models.JSONField(default=dict, help_text='stored scores of this version against what happened')),
                ('effect', models.JSONField(help_text='members who would change band if it were live', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('model', 'on'), name='model_checked_once_a_day')],
            },
        ),
    ]
