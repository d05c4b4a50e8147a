"""The database itself keeps an experiment that has started as it was drawn."""

from django.db import migrations

# An assignment is drawn before the first contact and never again; the rules are fixed with the start.
FINAL = """
CREATE FUNCTION governance_experiment_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE shares double precision; number integer; has_control boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.started_at IS NULL THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'An experiment that has started stays.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.started_at IS NULL AND NEW.started_at IS NOT NULL THEN
        SELECT sum(share), count(*), coalesce(bool_or(is_control), false) INTO shares, number, has_control
            FROM governance_arm WHERE experiment_id = NEW.id;
        IF number < 2 OR abs(shares - 1) > 0.0001 OR NOT (has_control OR NEW.no_control_reason <> '') THEN
            RAISE EXCEPTION 'An experiment starts with two arms that share all members, one of them the control '
                'group or a reason why there is none.' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF OLD.started_at IS NOT NULL AND (
        (OLD.area, OLD.audience, OLD.series, OLD.cycle, OLD.cycles, OLD.rule, OLD.level, OLD.least,
         OLD.window_days, OLD.outcome_by, OLD.is_everywhere, OLD.is_standing, OLD.no_control_reason, OLD.seed,
         OLD.started_at)
        IS DISTINCT FROM
        (NEW.area, NEW.audience, NEW.series, NEW.cycle, NEW.cycles, NEW.rule, NEW.level, NEW.least,
         NEW.window_days, NEW.outcome_by, NEW.is_everywhere, NEW.is_standing, NEW.no_control_reason, NEW.seed,
         NEW.started_at))
    THEN
        RAISE EXCEPTION 'What an experiment counts is fixed when it starts.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.result IS NOT NULL AND NEW.result IS DISTINCT FROM OLD.result THEN
        RAISE EXCEPTION 'An experiment is read once.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER experiment_is_final BEFORE UPDATE OR DELETE ON governance_experiment
    FOR EACH ROW EXECUTE FUNCTION governance_experiment_is_final();

CREATE FUNCTION governance_arm_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint;
BEGIN
    touched := CASE WHEN TG_OP = 'INSERT' THEN NEW.experiment_id ELSE OLD.experiment_id END;
    IF EXISTS (SELECT 1 FROM governance_experiment WHERE id = touched AND started_at IS NOT NULL) THEN
        RAISE EXCEPTION 'The arms of an experiment are fixed when it starts.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER arm_is_final BEFORE INSERT OR UPDATE OR DELETE ON governance_arm
    FOR EACH ROW EXECUTE FUNCTION governance_arm_is_final();

CREATE FUNCTION governance_assignment_is_first() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE test governance_experiment%ROWTYPE;
BEGIN
    SELECT * INTO test FROM governance_experiment WHERE id = NEW.experiment_id;
    IF test.state <> 'running' OR NEW.is_late = (NEW.at = test.started_at) OR NEW.at < test.started_at THEN
        RAISE EXCEPTION 'Members are drawn when an experiment starts, or enter while it runs.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM governance_arm WHERE id = NEW.arm_id AND experiment_id = NEW.experiment_id) THEN
        RAISE EXCEPTION 'This arm belongs to another experiment.' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM governance_contactentry c WHERE c.imis_id = NEW.imis_id AND c.area = test.area
               AND c.planned_at >= test.started_at AND c.state <> 'stopped') THEN
        RAISE EXCEPTION 'A member is drawn before the first contact, never after it.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_is_first BEFORE INSERT ON governance_assignment
    FOR EACH ROW EXECUTE FUNCTION governance_assignment_is_first();

CREATE FUNCTION governance_assignment_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.imis_id LIKE 'erased-%'
        AND (OLD.id, OLD.experiment_id, OLD.arm_id, OLD.stratum, OLD.chapter, OLD.term_end, OLD.decided_on,
             OLD.dues, OLD.is_late, OLD.at)
        IS NOT DISTINCT FROM
            (NEW.id, NEW.experiment_id, NEW.arm_id, NEW.stratum, NEW.chapter, NEW.term_end, NEW.decided_on,
             NEW.dues, NEW.is_late, NEW.at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Which arm a member is in never changes: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER assignment_is_final BEFORE UPDATE OR DELETE ON governance_assignment
    FOR EACH ROW EXECUTE FUNCTION governance_assignment_is_final();
"""
OPEN = """
DROP TRIGGER assignment_is_final ON governance_assignment;
DROP TRIGGER assignment_is_first ON governance_assignment;
DROP TRIGGER arm_is_final ON governance_arm;
DROP TRIGGER experiment_is_final ON governance_experiment;
DROP FUNCTION governance_assignment_is_final();
DROP FUNCTION governance_assignment_is_first();
DROP FUNCTION governance_arm_is_final();
DROP FUNCTION governance_experiment_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0002_audit_is_append_only")]
    operations = [migrations.RunSQL(FINAL, OPEN)]
