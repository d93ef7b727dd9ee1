//! Which fields of Stripe's objects are personal, and which are secrets, by their names. Does no IO.

use crate::generated::personal::{FREE_TEXT, PERSONAL, PERSONAL_OF};

/// Fields that a redaction blanks only in part, or by what is below them, and that are hidden as a whole.
const FURTHER: [&str; 7] = [
    "bank_name",
    "customer_details",
    "display_name",
    "individual",
    "owner",
    "recipient_name",
    "ssn_last_4",
];

/// Whether the field is personal: it is hidden from operators without the right to read it. All fields
/// that a redaction blanks are; one that is personal in objects of one type is hidden in all of them.
pub(super) fn is_personal(field: &str) -> bool {
    PERSONAL.binary_search(&field).is_ok()
        || FREE_TEXT.binary_search(&field).is_ok()
        || PERSONAL_OF.iter().any(|(_, personal)| *personal == field)
        || FURTHER.contains(&field)
}

/// Whether the field holds a secret of Stripe's, such as the one with which a browser completes a payment.
pub(super) fn is_secret(field: &str) -> bool {
    matches!(field, "client_secret" | "secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_names() {
        let blanked = PERSONAL.iter().chain(FREE_TEXT);
        for field in blanked.chain(&FURTHER).chain(&["value"]) {
            assert!(is_personal(field), "{field}");
        }
        for field in ["address_line1", "payer_email", "client_ip", "custom_fields"] {
            assert!(is_personal(field), "{field}");
        }
        for field in ["id", "amount", "status", "emails", ""] {
            assert!(!is_personal(field), "{field}");
        }
    }
}
