-- Whether a receiver's failure is permanent: such a receiver is not retried for the event. Before, the error's first words
-- said so.
ALTER TABLE djstripe_receiver_run ADD COLUMN permanent boolean NOT NULL DEFAULT false;

UPDATE djstripe_receiver_run SET permanent = true, error = substr(error, 12)
WHERE outcome = 'failed' AND substr(error, 1, 11) = 'permanent: ';
