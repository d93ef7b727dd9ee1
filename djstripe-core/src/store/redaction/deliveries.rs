//! Blanks recorded deliveries: the bodies and headers of those that mention a customer.

use diesel::sql_types::{BigInt, Binary, Nullable, Text};

use super::known::KnownValues;
use super::load_in;
use super::texts::{Counts, text_without_personal};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const BLANK: &str = "blank deliveries";

/// Deliveries that are read at a time; a body may be large.
const BATCH: i64 = 50;

/// Id, headers, body, reason and remark.
type Delivery = (
    i64,
    Option<String>,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
);

impl Store {
    /// Blanks the recorded deliveries that mention a customer or a value of theirs. With `writes`
    /// unset it only counts.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; the batches before the failed one are
    /// blanked.
    pub(crate) async fn blank_deliveries(
        &self,
        customer: &str,
        keeps_metadata: bool,
        known: &KnownValues,
        writes: bool,
    ) -> Result<Counts, StoreError> {
        let blanks = Blanks {
            customer,
            keeps_metadata,
            known,
        };
        let mut counts = Counts::default();
        let mut after = 0;
        loop {
            let mut transaction = self.begin().await?;
            let mut db = transaction.db().await?;
            let select = Statement::<(BigInt, Nullable<Text>, Nullable<Binary>, Nullable<Text>, Nullable<Text>)>::new(
                "SELECT id, headers, body, reason, remark FROM djstripe_delivery \
                 WHERE id > ? AND (headers IS NOT NULL OR body IS NOT NULL OR reason IS NOT NULL OR remark IS NOT NULL) \
                 ORDER BY id LIMIT ?",
            )
            .bind(after)
            .bind(BATCH);
            let deliveries: Vec<Delivery> = load_in!(db, BLANK, select)?;
            let Some((last, ..)) = deliveries.last() else {
                transaction.rollback().await?;
                return Ok(counts);
            };
            after = *last;

            for delivery in deliveries {
                let Some(((id, headers, body, reason, remark), fields)) = blanks.blanked(delivery)
                else {
                    continue;
                };
                counts.deliveries += 1;
                counts.fields += fields;
                if writes {
                    let update = Statement::new(
                        "UPDATE djstripe_delivery SET headers = ?, body = ?, reason = ?, remark = ? WHERE id = ?",
                    )
                    .bind(headers)
                    .bind(Bind::Binary(body.map(Into::into)))
                    .bind(reason)
                    .bind(remark)
                    .bind(id);
                    db.execute(BLANK, update).await?;
                }
            }
            transaction.commit().await?;
        }
    }
}

struct Blanks<'b> {
    customer: &'b str,
    keeps_metadata: bool,
    known: &'b KnownValues,
}

impl Blanks<'_> {
    /// The delivery without what is personal, and how many fields that were.
    fn blanked(&self, (id, headers, body, reason, remark): Delivery) -> Option<(Delivery, u64)> {
        let mut fields = 0;
        let mut text = |text: Option<String>| -> Option<String> {
            let redacted = text.as_deref().and_then(|text| self.known.redacted(text));
            fields += u64::from(redacted.is_some());
            redacted.or(text)
        };
        let (headers, reason, remark) = (text(headers), text(reason), text(remark));
        let body = body.map(|body| match self.body(&body) {
            Some((blanked, count)) => {
                fields += count;
                blanked
            }
            None => body,
        });
        (fields > 0).then_some(((id, headers, body, reason, remark), fields))
    }

    /// A body that mentions the customer and is no JSON, as it was cut, is emptied.
    fn body(&self, body: &[u8]) -> Option<(Vec<u8>, u64)> {
        if body.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(body);
        if !text.contains(self.customer) && self.known.redacted(&text).is_none() {
            return None;
        }
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => {
                let blanked = text_without_personal(&text, true, self.keeps_metadata, self.known);
                blanked.map(|(text, fields)| (text.into_bytes(), fields))
            }
            Err(_) => Some((Vec::new(), 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_blanked_and_one_that_was_cut_is_emptied() {
        let mut known = KnownValues::default();
        known.add("ann@example.com");
        let blanks = Blanks {
            customer: "cus_1",
            keeps_metadata: false,
            known: &known,
        };
        let check = |body: &str, expected: Option<&str>| {
            let blanked = blanks.body(body.as_bytes());
            let blanked = blanked.map(|(body, _)| String::from_utf8(body).unwrap());
            assert_eq!(blanked.as_deref(), expected, "{body}");
        };
        check(
            r#"{"id":"cus_1","name":"Ann"}"#,
            Some(r#"{"id":"cus_1","name":null}"#),
        );
        check(r#"{"id":"cus_1","name":"An"#, Some(""));
        check(
            r#"{"to":"ann@example.com"}"#,
            Some(r#"{"to":"[redacted]"}"#),
        );
        check(r#"{"id":"cus_2","name":"Ann"}"#, None);
        check(r#"{"id":"cus_1","name":null}"#, None);
        check("", None);

        let headers = Some(r#"[["x-user","ann@example.com"]]"#.to_owned());
        let ((_, headers, ..), fields) = blanks.blanked((1, headers, None, None, None)).unwrap();
        assert_eq!(
            (headers.as_deref(), fields),
            (Some(r#"[["x-user","[redacted]"]]"#), 1)
        );
    }
}
