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
            name='ApiClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_clients', to=settings.AUTH_USER_MODEL)),
                ('scopes', models.JSONField(help_text='names in integrations.scopes')),
                ('chapters', models.JSONField(default=list, help_text='codes; empty: all that its owner sees')),
                ('per_minute', models.PositiveIntegerField(default=120)),
                ('registered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registered_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('public', models.CharField(blank=True, help_text='the part of the token that names it', max_length=12)),
                ('token_hash', models.CharField(blank=True, help_text='SHA-256 of the token', max_length=64)),
                ('token_made_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('calls', models.BigIntegerField(default=0)),
                ('allowance', models.FloatField(default=0, help_text='calls left at `last_used_at`; refills with time')),
            ],
            options={
                'ordering': ['name', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('public', ''), _negated=True), fields=('public',), name='apiclient_once_per_token'), models.CheckConstraint(condition=models.Q(models.Q(('public', ''), ('token_hash', ''), ('token_made_at__isnull', True)), models.Q(models.Q(('public', ''), _negated=True), models.Q(('token_hash', ''), _negated=True), ('token_made_at__isnull', False)), _connector='OR'), name='apiclient_token_is_whole'), models.CheckConstraint(condition=models.Q(models.Q(('revoked_at__isnull', True), ('revoked_by__isnull', True)), models.Q(('public', ''), ('revoked_at__isnull', False), ('revoked_by__isnull', False)), _connector='OR'), name='apiclient_revoked_has_no_token')],
            },
        ),
        migrations.CreateModel(
            name='DatabaseReader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('db_role', models.CharField(max_length=63, unique=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='integrations.apiclient')),
                ('form', models.CharField(help_text='csv or parquet', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('with_names', models.BooleanField()),
                ('chapters', models.JSONField(default=list, help_text='codes; empty: all that the asker sees')),
                ('state', models.CharField(choices=[('waiting', 'being made'), ('ready', 'Ready'), ('failed', 'Failed'), ('removed', 'Removed')], default='waiting', max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('ready_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('rows', models.JSONField(default=dict, help_text='name of the table -> number of rows')),
                ('size', models.BigIntegerField(default=0)),
                ('content', models.BinaryField(help_text='a zip; in the database, so that every process has it', null=True)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), models.Q(('content__isnull', False), ('expires_at__isnull', False)), _connector='OR'), name='export_ready_has_its_content_and_end'), models.CheckConstraint(condition=models.Q(('state', 'ready'), ('content__isnull', True), _connector='OR'), name='export_keeps_nothing_afterwards')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('address', models.CharField(max_length=500)),
                ('events', models.JSONField(help_text='names in integrations.webhooks.events')),
                ('nonce', models.CharField(help_text='a new one makes a new secret', max_length=43)),
                ('old_nonce', models.CharField(blank=True, max_length=43)),
                ('old_until', models.DateTimeField(help_text='so long the old secret signs as well', null=True)),
                ('told_seq', models.BigIntegerField(help_text='entry of the audit log up to which it was told')),
                ('is_on', models.BooleanField(default=True)),
                ('off_reason', models.CharField(blank=True, max_length=200)),
                ('failing_since', models.DateTimeField(help_text='first failure since the last success', null=True)),
                ('registered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registered_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='integrations.webhook')),
                ('event', models.CharField(max_length=40)),
                ('seq', models.BigIntegerField(help_text='entry of the audit log; none for a test', null=True)),
                ('message_id', models.CharField(help_text='the same at every try', max_length=40, unique=True)),
                ('body', models.TextField(help_text='exactly as it is sent; no personal data')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('done', 'delivered'), ('given up', 'Given Up')], default='waiting', max_length=10)),
                ('made_at', models.DateTimeField()),
                ('next_try_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('done_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, help_text='of the last try, in words', max_length=200)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at'], name='delivery_due'), models.Index(condition=models.Q(('state', 'sending')), fields=['lease_until'], name='delivery_leases')],
                'constraints': [models.UniqueConstraint(fields=('webhook', 'seq'), name='delivery_once_per_entry'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='delivery_sending_has_a_lease'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('done_at__isnull', False), _connector='OR'), name='delivery_done_has_its_time')],
            },
        ),
    ]
