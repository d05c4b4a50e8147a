"""Switches pgvector on where the server has it. Without it members alike are found in memory, with the same result."""

from django.db import DatabaseError, migrations, transaction


def switch_on(apps, schema_editor):
    link = schema_editor.connection
    with link.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
        is_there = cursor.fetchone()[0]
    if not is_there:
        return
    try:
        with transaction.atomic(using=link.alias), link.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except DatabaseError:
        pass  # only a superuser may; `doctor` says what to run


class Migration(migrations.Migration):
    dependencies = [("features", "0001_initial")]
    operations = [migrations.RunPython(switch_on, migrations.RunPython.noop)]
