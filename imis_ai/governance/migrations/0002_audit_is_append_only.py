"""The database itself refuses to change the audit chain.

Who owns the table can drop the trigger, so production gives the application a role of its own (SECURITY.md);
what the owner does is still found by `verify_audit`. Details may be deleted, by erasure and at the end of their
period; a deletion that no entry accounts for is found too.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION governance_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit chain is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_is_final BEFORE UPDATE OR DELETE ON governance_auditentry
    FOR EACH ROW EXECUTE FUNCTION governance_audit_refuse();
CREATE TRIGGER audit_entry_stays BEFORE TRUNCATE ON governance_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION governance_audit_refuse();
CREATE TRIGGER audit_detail_is_final BEFORE UPDATE ON governance_auditdetail
    FOR EACH ROW EXECUTE FUNCTION governance_audit_refuse();
CREATE TRIGGER audit_detail_stays BEFORE TRUNCATE ON governance_auditdetail
    FOR EACH STATEMENT EXECUTE FUNCTION governance_audit_refuse();
"""
ALLOW = """
DROP TRIGGER audit_entry_is_final ON governance_auditentry;
DROP TRIGGER audit_entry_stays ON governance_auditentry;
DROP TRIGGER audit_detail_is_final ON governance_auditdetail;
DROP TRIGGER audit_detail_stays ON governance_auditdetail;
DROP FUNCTION governance_audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
