-- Older programs: compatible
-- For operators: the events of one object, newest first, and the failed runs, which are few.
CREATE INDEX djstripe_event_object ON djstripe_event (object_id, received_at, id) WHERE object_id IS NOT NULL;
CREATE INDEX djstripe_receiver_run_failed ON djstripe_receiver_run (receiver, event_id) WHERE outcome = 'failed';
