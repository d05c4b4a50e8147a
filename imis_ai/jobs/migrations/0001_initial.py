import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('args', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('dead', 'Given up')], default='queued', max_length=10)),
                ('stages', models.JSONField(default=list, help_text='[{"name", "done", "total", "seconds"}], in order')),
                ('message', models.TextField(blank=True, help_text='a sentence for staff')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('slot', models.CharField(help_text='name and night of a scheduled run: one per night', max_length=120, null=True, unique=True)),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(help_text='last handed to a worker; says nothing more', null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('cancel_requested_at', models.DateTimeField(null=True)),
                ('claims', models.PositiveSmallIntegerField(default=0, help_text="also the fence: a stale worker's number is lower")),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['name', '-created_at'], name='jobs_by_name'), models.Index(condition=models.Q(('state__in', ['queued', 'running'])), fields=['id'], name='jobs_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'queued')), fields=('name', 'args'), name='jobs_same_work_waits_once'), models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'failed', 'cancelled', 'dead'])), name='jobs_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ['queued', 'running'])), models.Q(models.Q(('state__in', ['queued', 'running']), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='jobs_finished_when_over'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), ('heartbeat_at__isnull', False), _connector='OR'), name='jobs_running_has_a_heartbeat'), models.CheckConstraint(condition=models.Q(('claims__lte', 3)), name='jobs_claims_have_an_end')],
            },
        ),
        migrations.CreateModel(
            name='JobPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='jobs.jobrun')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('job', 'key'), name='jobs_part_done_once')],
            },
        ),
    ]
