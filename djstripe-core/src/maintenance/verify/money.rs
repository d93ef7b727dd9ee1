//! How much money an object stands for.

use std::collections::BTreeMap;

use serde_json::Value;

/// An amount in the currency's smallest unit, as Stripe writes it: cents, or whole yen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// How much; never negative.
    pub amount: i64,
    /// The currency, `usd`.
    pub currency: String,
}

/// Where objects keep the amount that they stand for; the first that is there counts.
const AMOUNTS: [&str; 6] = [
    "amount",
    "amount_due",
    "amount_remaining",
    "amount_total",
    "total",
    "balance",
];

/// Objects whose amount is a price that somebody may pay, not money that somebody has paid or owes.
const PRICES: [&str; 3] = ["coupon", "plan", "price"];

/// What is at risk if the mirror has `here` where Stripe has `there`: all of it if one side lacks the object or they
/// differ in status or currency, else the difference.
pub(super) fn at_risk(object: &str, there: Option<&str>, here: Option<&str>) -> Option<Money> {
    if PRICES.contains(&object) {
        return None;
    }
    let (there, here) = (there.and_then(Amount::read), here.and_then(Amount::read));
    let money = match (there, here) {
        (Some(there), Some(here))
            if there.status == here.status && there.money.currency == here.money.currency =>
        {
            Money {
                amount: (there.signed - here.signed).saturating_abs(),
                ..there.money
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
                     there: Option<&str>,
                     here: Option<&str>,
                     expected: Option<(i64, &str)>| {
            let found = at_risk(object, there, here);
            let expected = expected.map(|(amount, currency)| Money {
                amount,
                currency: currency.to_owned(),
            });
            assert_eq!(found, expected, "{object} {there:?} {here:?}");
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
