import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='MemberVector',
            fields=[
                ('pseudonym', models.UUIDField(primary_key=True, serialize=False)),
                ('as_of', models.DateField()),
                ('values', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
            ],
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(unique=True)),
                ('version', models.CharField(help_text='of the definitions it was computed with', max_length=20)),
                ('write', models.BigIntegerField(help_text="number of the mirror's newest writing when this was computed")),
                ('built_at', models.DateTimeField()),
                ('members', models.IntegerField()),
                ('pseudonyms', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='PublishedValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('as_of', models.DateField()),
                ('version', models.CharField(help_text='of the model or rule that made it', max_length=60)),
                ('pseudonym', models.UUIDField(db_index=True)),
                ('value', models.FloatField()),
                ('published_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'as_of', 'pseudonym'), name='published_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='SnapshotColumn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='columns', to='features.snapshot')),
                ('name', models.CharField(max_length=120)),
                ('covered', models.IntegerField(help_text='members with a value')),
                ('data', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('snapshot', 'name'), name='snapshot_column_once')],
            },
        ),
    ]
