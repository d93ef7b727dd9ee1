-- A type of object can have several lists: its default one, and one of what that leaves out, such as archived prices.
ALTER TABLE djstripe_sync_list
    ADD COLUMN part text NOT NULL DEFAULT '',
    DROP CONSTRAINT djstripe_sync_list_pkey,
    ADD PRIMARY KEY (account, livemode, object, since, receivers, part);
