-- Written by `cargo xtask codegen`. Released migrations never change.

CREATE INDEX stripe_customer_subscriber ON stripe_customer ("subscriber") WHERE "subscriber" IS NOT NULL;

ALTER TABLE stripe_entitlements_active_entitlement ADD COLUMN customer text;
CREATE INDEX stripe_entitlements_active_entitlement_customer ON stripe_entitlements_active_entitlement ("customer") WHERE "customer" IS NOT NULL;

