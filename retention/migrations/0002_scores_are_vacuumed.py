"""A night's scores are one insert; until they are vacuumed their index cannot answer by itself."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE retention_riskscore SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
            "ALTER TABLE retention_riskscore RESET (autovacuum_vacuum_insert_scale_factor)",
        )
    ]
