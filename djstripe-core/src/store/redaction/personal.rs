//! Which fields are personal: the lists of the table `redaction` in `spec/overrides.toml`.

use crate::generated::personal::{FREE_TEXT, NOT_PERSONAL, PERSONAL, PERSONAL_OF};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Personal,
    /// It may say anything.
    FreeText,
    Other,
}

/// What the field `name` holds, which stands in the field `holder`. `object` tells of which type the
/// object is that has the field, if it says so.
pub(super) fn content<'o>(
    name: &str,
    holder: &str,
    object: impl FnOnce() -> Option<std::borrow::Cow<'o, str>>,
) -> Content {
    if PERSONAL.binary_search(&name).is_ok() {
        return match NOT_PERSONAL.contains(&(holder, name)) {
            true => Content::Other,
            false => Content::Personal,
        };
    }
    if FREE_TEXT.binary_search(&name).is_ok() {
        return Content::FreeText;
    }

    let is_of = |object: &str| PERSONAL_OF.contains(&(object, name));
    if PERSONAL_OF.iter().any(|(_, field)| *field == name) && object().is_some_and(|it| is_of(&it))
    {
        return Content::Personal;
    }
    Content::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_personal_by_its_name_its_holder_and_its_object() {
        let check = |name: &str, holder: &str, object: Option<&'static str>, expected| {
            let is = content(name, holder, || object.map(Into::into));
            assert_eq!(is, expected, "{holder}.{name}");
        };
        check("email", "object", None, Content::Personal);
        check("billing_details", "object", None, Content::Personal);
        check("last4", "sepa_debit", None, Content::Personal);
        check("shipping", "object", None, Content::Personal);
        check("shipping", "amount_details", None, Content::Other);
        check("description", "object", None, Content::FreeText);
        check("value", "object", Some("tax_id"), Content::Personal);
        check("value", "object", Some("billing.alert"), Content::Other);
        check("value", "object", None, Content::Other);
        check("amount", "object", None, Content::Other);
    }
}
