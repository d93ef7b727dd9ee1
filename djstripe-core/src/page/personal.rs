//! Which fields of Stripe's objects are personal, by their names. Does no IO.

/// Fields that tell of a person: they are hidden from operators without the right to read them.
const FIELDS: [&str; 48] = [
    "account_holder_name",
    "account_number",
    "address",
    "bank_name",
    "billing_address",
    "billing_details",
    "business_name",
    "cardholder_name",
    "customer_address",
    "customer_details",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "customer_tax_ids",
    "description",
    "display_name",
    "dob",
    "document",
    "documents",
    "email",
    "fingerprint",
    "first_name",
    "iban",
    "id_number",
    "individual",
    "individual_name",
    "ip",
    "ip_address",
    "last4",
    "last_name",
    "maiden_name",
    "metadata",
    "name",
    "nationality",
    "owner",
    "phone",
    "receipt_email",
    "recipient_name",
    "routing_number",
    "shipping",
    "shipping_address",
    "shipping_details",
    "ssn_last_4",
    "tax_id",
    "tax_ids",
    "user_agent",
    "verified_name",
];

/// Whether the field is personal.
pub(super) fn is_personal(field: &str) -> bool {
    FIELDS.binary_search(&field).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_names() {
        assert!(FIELDS.is_sorted());
        for field in FIELDS {
            assert!(is_personal(field), "{field}");
        }
        for field in ["id", "amount", "status", "emails", ""] {
            assert!(!is_personal(field), "{field}");
        }
    }
}
