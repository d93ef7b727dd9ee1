//! Views whose addresses are the same in every database.

/// Lists of events: a name, and the filter's fields.
pub(super) const EVENTS: [(&str, &str); 43] = [
    ("all", ""),
    ("state: dead (a tenth)", "state=dead"),
    ("state: retrying (rare)", "state=retrying"),
    ("state: pending (rare)", "state=pending"),
    ("state: processing (none)", "state=processing"),
    ("state: processed", "state=processed"),
    ("name: frequent", "name=invoice.paid"),
    ("name: rare", "name=payout.failed"),
    ("name: none", "name=radar.early_fraud_warning.created"),
    ("family: frequent", "name=invoice.*"),
    ("family: rare", "name=payout.*"),
    ("account: frequent", "account=acct_1"),
    ("account: rare", "account=acct_510"),
    ("account: none", "account=acct_none"),
    ("mode: live", "mode=live"),
    ("mode: test", "mode=test"),
    ("object: with very many events", "object=cus_000000006"),
    ("object: none", "object=in_none"),
    ("customer: with very many objects", "customer=cus_000000006"),
    ("customer: none", "customer=cus_none"),
    ("receiver: frequent", "receiver=djstripe%3A%3Amirror"),
    ("receiver: a tenth", "receiver=load%3A%3Alistens"),
    ("receiver: rare", "receiver=load%3A%3Aother%3A%3A3"),
    ("receiver: none", "receiver=shop%3A%3Anone"),
    ("error: frequent", "error=tax%20rate"),
    (
        "error: with gaps",
        "error=the%20address%20of%20order%20%E2%80%A6%20is%20incomplete",
    ),
    ("error: none", "error=no%20such%20text"),
    ("effects: yes", "effects=yes"),
    ("effects: no", "effects=no"),
    ("since 1 h", "since=1h"),
    ("from 30 to 29 days ago", "since=30d&until=29d"),
    ("dead, family", "state=dead&name=invoice.*"),
    ("dead, rare name", "state=dead&name=payout.failed"),
    ("dead, error", "state=dead&error=tax%20rate"),
    (
        "dead, receiver, error",
        "state=dead&receiver=load%3A%3Alistens&error=tax%20rate",
    ),
    (
        "dead, receiver, error with gaps",
        "state=dead&receiver=load%3A%3Alistens&error=HTTP%20%E2%80%A6%20Service%20Unavailable",
    ),
    (
        "dead, account, since",
        "state=dead&account=acct_1&since=30d",
    ),
    ("dead, rare account", "state=dead&account=acct_510"),
    ("dead, effects", "state=dead&effects=yes"),
    (
        "processed, name, mode",
        "state=processed&name=invoice.paid&mode=test",
    ),
    ("name, account", "name=invoice.paid&account=acct_1"),
    (
        "customer, name, dead",
        "customer=cus_000000006&name=invoice.*&state=dead",
    ),
    (
        "receiver, effects, since",
        "receiver=load%3A%3Alistens&effects=no&since=7d",
    ),
];

/// Views without values: a name, and the address.
pub(super) const OTHERS: [(&str, &str); 37] = [
    ("overview, 1 h", ""),
    ("overview, 24 h", "?range=24h"),
    ("overview, 30 d", "?range=30d"),
    (
        "find: a customer with very many events",
        "find?q=cus_000000006",
    ),
    ("find: an account", "find?q=acct_1"),
    ("find: nothing", "find?q=req_none"),
    ("effects: all", "effects"),
    ("effects: done", "effects?state=done"),
    ("effects: dead (rare)", "effects?state=dead"),
    ("effects: retrying (rare)", "effects?state=retrying"),
    ("effects: pending (none)", "effects?state=pending"),
    ("effects: name", "effects?name=mail"),
    ("effects: name, none", "effects?name=none"),
    ("effects: receiver", "effects?receiver=load%3A%3Alistens"),
    ("effects: error", "effects?error=try%20again"),
    ("effects: error, none", "effects?error=none"),
    ("effects: dead, error", "effects?state=dead&error=smtp"),
    ("objects", "objects"),
    ("rows: all", "rows?type=invoice"),
    (
        "rows: column, frequent",
        "rows?type=invoice&column=status&value=open",
    ),
    (
        "rows: column, rare",
        "rows?type=invoice&column=status&value=uncollectible",
    ),
    (
        "rows: column, none",
        "rows?type=invoice&column=status&value=void",
    ),
    (
        "rows: customer",
        "rows?type=invoice&column=customer&value=cus_000000006",
    ),
    (
        "rows: column without index",
        "rows?type=invoice&column=total&value=771",
    ),
    (
        "rows: account, frequent",
        "rows?type=invoice&account=acct_1",
    ),
    ("rows: account, none", "rows?type=invoice&account=acct_none"),
    ("rows: mode, test", "rows?type=invoice&mode=test"),
    ("rows: id, none", "rows?type=invoice&id=in_none"),
    (
        "object: with 500 versions",
        "object?type=invoice&id=in_1000000021&mode=live",
    ),
    (
        "object: referred to by 100 rows",
        "object?type=customer&id=cus_000000006&mode=live",
    ),
    ("receivers", "receivers"),
    ("refused deliveries", "refused"),
    ("endpoints", "endpoints"),
    ("runs", "runs"),
    ("database", "database"),
    ("audit", "audit"),
    (
        "search: all 100,000 read, none",
        "events?payload=data.object.metadata.order%20%3D%20none",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_views_are_distinct() {
        let events = EVENTS.iter().map(|(name, _)| format!("events: {name}"));
        let others = OTHERS.iter().map(|(name, _)| (*name).to_owned());
        let mut names: Vec<String> = events.chain(others).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
