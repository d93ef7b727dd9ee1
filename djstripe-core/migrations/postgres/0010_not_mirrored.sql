-- The mirror writes no row for some events: their runs end as `not_mirrored`, with the reason in `error`.
ALTER TABLE djstripe_receiver_run
    DROP CONSTRAINT djstripe_receiver_run_outcome_check,
    ADD CONSTRAINT djstripe_receiver_run_outcome_check
        CHECK (outcome IN ('succeeded', 'failed', 'not_mirrored')) NOT VALID;
