-- Whether a run found out that Stripe no longer has the event's object: receivers that run later are told.
ALTER TABLE djstripe_receiver_run ADD COLUMN gone boolean NOT NULL DEFAULT false;
-- What a receiver answered to a delivery that Stripe waits for. A second delivery gets the same answer.
ALTER TABLE djstripe_receiver_run ADD COLUMN reply text;
