//! The amount of money that an object is about.

use std::collections::BTreeMap;

use serde_json::Value;

/// An amount in the smallest unit of its currency, as in Stripe's API: cents, or yen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// The amount, never negative.
    pub amount: i64,
    /// The currency, such as `usd`.
    pub currency: String,
}

/// Fields that hold the amount of an object. The first one that is present counts.
const AMOUNTS: [&str; 6] = [
    "amount",
    "amount_due",
    "amount_remaining",
    "amount_total",
    "total",
    "balance",
];

/// Objects whose amount is a price to choose, not money that was paid or is owed.
const PRICES: [&str; 3] = ["coupon", "plan", "price"];

/// The money at risk if the mirror's row differs from Stripe's object. It is the whole amount if
/// one side lacks the object or they differ in status or currency, and the difference otherwise.
pub(super) fn at_risk(object: &str, stripe: Option<&str>, row: Option<&str>) -> Option<Money> {
    if PRICES.contains(&object) {
        return None;
    }

    let (stripe, row) = (stripe.and_then(Amount::read), row.and_then(Amount::read));
    let money = match (stripe, row) {
        (Some(stripe), Some(row))
            if stripe.status == row.status && stripe.money.currency == row.money.currency =>
        {
            Money {
                amount: (stripe.signed - row.signed).saturating_abs(),
                ..stripe.money
            }
        }
        (Some(one), _) | (None, Some(one)) => one.money,
        (None, None) => return None,
    };
    (money.amount != 0).then_some(money)
}

struct Amount {
    money: Money,
    signed: i64,
    status: Option<Value>,
}

impl Amount {
    fn read(json: &str) -> Option<Self> {
        let mut fields: BTreeMap<String, Value> = serde_json::from_str(json).ok()?;
        let signed = AMOUNTS
            .iter()
            .find_map(|name| fields.get(*name)?.as_i64())?;
        let currency = fields.get("currency")?.as_str()?.to_owned();
        Some(Self {
            money: Money {
                amount: signed.saturating_abs(),
                currency,
            },
            signed,
            status: fields.remove("status"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_risk_is_counted() {
        let check = |object: &str,
                     stripe: Option<&str>,
                     row: Option<&str>,
                     expected: Option<(i64, &str)>| {
            let found = at_risk(object, stripe, row);
            let expected = expected.map(|(amount, currency)| Money {
                amount,
                currency: currency.to_owned(),
            });
            assert_eq!(found, expected, "{object} {stripe:?} {row:?}");
        };

        let charge = Some(r#"{"amount":1200,"currency":"usd","status":"succeeded"}"#);
        check("charge", charge, None, Some((1200, "usd")));
        check("charge", None, charge, Some((1200, "usd")));
        check("charge", charge, charge, None);
        let smaller = Some(r#"{"amount":500,"currency":"usd","status":"succeeded"}"#);
        check("charge", charge, smaller, Some((700, "usd")));
        check("charge", smaller, charge, Some((700, "usd")));
        let failed = Some(r#"{"amount":1200,"currency":"usd","status":"failed"}"#);
        check("charge", charge, failed, Some((1200, "usd")));
        let yen = Some(r#"{"amount":90,"currency":"jpy","status":"succeeded"}"#);
        check("charge", yen, charge, Some((90, "jpy")));

        check(
            "invoice",
            Some(r#"{"amount_due":7,"amount_remaining":3,"total":9,"currency":"eur"}"#),
            None,
            Some((7, "eur")),
        );
        check(
            "customer",
            Some(r#"{"balance":-50,"currency":"eur"}"#),
            None,
            Some((50, "eur")),
        );
        check(
            "customer",
            Some(r#"{"balance":-50,"currency":null}"#),
            None,
            None,
        );
        check(
            "balance_transaction",
            Some(r#"{"amount":-10,"currency":"usd"}"#),
            Some(r#"{"amount":10,"currency":"usd"}"#),
            Some((20, "usd")),
        );

        check(
            "plan",
            Some(r#"{"amount":10,"currency":"usd"}"#),
            None,
            None,
        );
        check("product", Some(r#"{"name":"x"}"#), None, None);
        check("charge", Some("odd"), None, None);
    }
}
