-- Whether a run found out that Stripe no longer has the event's object. Receivers that run later are told.
ALTER TABLE djstripe_receiver_run ADD COLUMN gone boolean NOT NULL DEFAULT false;
