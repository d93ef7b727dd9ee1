-- Older programs: compatible
-- How long the receiver's function ran the last time, in microseconds. NULL where that is not
-- known.
ALTER TABLE djstripe_receiver_run ADD COLUMN took bigint;
