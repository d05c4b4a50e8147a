import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('role', models.CharField(choices=[('membership', 'Membership manager'), ('finance', 'Finance reviewer'), ('admin', 'Administrator'), ('chapter', 'Chapter manager'), ('executive', 'Executive')], default='executive', max_length=20)),
                ('approval_limit', models.DecimalField(decimal_places=2, default=Decimal('0'), help_text='money this person may approve alone', max_digits=14)),
                ('is_guardrail_owner', models.BooleanField(default=False)),
                ('is_auditor', models.BooleanField(default=False, help_text='reads all, changes nothing')),
                ('can_reveal_names', models.BooleanField(default=False)),
                ('theme', models.CharField(choices=[('system', 'Follow the system'), ('light', 'Light'), ('dark', 'Dark')], default='system', max_length=10)),
                ('density', models.CharField(choices=[('comfortable', 'Comfortable'), ('compact', 'Compact')], default='comfortable', max_length=12)),
                ('has_shortcuts', models.BooleanField(default=True, help_text='single-key shortcuts (WCAG 2.1.4)')),
                ('notices_off', models.JSONField(blank=True, default=list, help_text='kinds in accounts.notices')),
                ('digest_hour', models.PositiveSmallIntegerField(blank=True, help_text='local hour of the daily e-mail; empty for none', null=True)),
                ('first_views', models.JSONField(blank=True, default=dict, help_text='address of a list -> what of it the navigation opens')),
                ('session_version', models.PositiveIntegerField(default=0, help_text='one more ends every session at once')),
                ('last_seen_at', models.DateTimeField(editable=False, null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='user_once_per_email'), models.CheckConstraint(condition=models.Q(models.Q(('is_auditor', True), _negated=True), models.Q(('approval_limit', 0), ('can_reveal_names', False), ('is_guardrail_owner', False), ('role', 'executive')), _connector='OR'), name='user_auditor_holds_nothing_else'), models.CheckConstraint(condition=models.Q(('digest_hour__isnull', True), ('digest_hour__lt', 24), _connector='OR'), name='user_digest_has_an_hour'), models.CheckConstraint(condition=models.Q(models.Q(('role', 'admin'), _negated=True), models.Q(('approval_limit', 0), ('is_guardrail_owner', False)), _connector='OR'), name='user_administrator_approves_nothing'), models.CheckConstraint(condition=models.Q(('approval_limit', 0), models.Q(('approval_limit__gt', 0), ('role__in', ['membership', 'finance'])), _connector='OR'), name='user_limit_belongs_to_who_decides_on_money')],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='AccessEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('username', models.CharField(max_length=150)),
                ('what', models.CharField(choices=[('member opened', 'Member Opened'), ('names revealed', 'Names Revealed'), ('list exported', 'List Exported')], max_length=30)),
                ('imis_id', models.CharField(blank=True, db_index=True, max_length=60)),
                ('detail', models.JSONField(default=dict, help_text='where it was; filters and row count of an export')),
            ],
        ),
        migrations.CreateModel(
            name='AccessReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quarter', models.CharField(help_text='2026-Q4', max_length=7, unique=True)),
                ('started_at', models.DateTimeField()),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AccessReviewLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='accounts.accessreview')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('held', models.JSONField(help_text='role, chapters, limit, extras, last seen')),
                ('verdict', models.CharField(blank=True, choices=[('keep', 'still needed'), ('change', 'to be changed')], max_length=6)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'person'), name='accessreviewline_once_per_person'), models.CheckConstraint(condition=models.Q(models.Q(('at__isnull', True), ('by__isnull', True), ('verdict', '')), models.Q(models.Q(('verdict', ''), _negated=True), ('at__isnull', False), ('by__isnull', False), models.Q(('by', models.F('person')), _negated=True)), _connector='OR'), name='accessreviewline_is_confirmed_by_another')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL)),
                ('nonce', models.CharField(max_length=43, unique=True)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('accepted_at__isnull', True), ('withdrawn_at__isnull', True)), fields=('person',), name='invitation_one_open_per_person')],
            },
        ),
        migrations.CreateModel(
            name='RightsChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rights_changes', to=settings.AUTH_USER_MODEL)),
                ('before', models.JSONField(help_text='role, chapters, limit, extras as they stood when it was asked for')),
                ('after', models.JSONField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('needs_second', models.BooleanField()),
                ('state', models.CharField(choices=[('waiting', 'waits for a second administrator'), ('done', 'Done'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='waiting', max_length=10)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('needs_second', True), ('state', 'done'), _negated=True), models.Q(('asked_by__isnull', False), ('decided_by__isnull', False), models.Q(('decided_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='rightschange_second_person_is_another'), models.CheckConstraint(condition=models.Q(models.Q(('asked_by__isnull', True), models.Q(('asked_by', models.F('person')), _negated=True), _connector='OR'), models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('person')), _negated=True), models.Q(('state', 'done'), _negated=True), _connector='OR')), name='rightschange_is_never_ones_own'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='rightschange_decided_has_its_time'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('person',), name='rightschange_one_waits_per_person')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
                ('place', models.CharField(help_text='address without its query', max_length=200)),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('name', models.CharField(max_length=60)),
                ('role', models.CharField(blank=True, help_text='shared with everybody of this role', max_length=20)),
                ('saved_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['place', 'role'], name='savedview_shared')],
                'constraints': [models.UniqueConstraint(models.F('person'), models.F('place'), django.db.models.functions.text.Lower('name'), name='savedview_one_of_a_name')],
            },
        ),
    ]
