-- Older programs: compatible
-- How long the receiver's function ran the last time, in microseconds. NULL if it was not called, or
-- recorded the run itself.
ALTER TABLE djstripe_receiver_run ADD COLUMN took bigint;
