//! Names in Rust for names in the specification.

/// `CheckoutSession` for `checkout.session`.
pub(super) fn type_name(name: &str) -> String {
    let words = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// `checkout_session` for `checkout.session`: a table's and a module's name.
pub(super) fn snake(name: &str) -> String {
    name.replace('.', "_")
}

/// A field's name; a keyword becomes a raw identifier.
pub(super) fn field_name(name: &str) -> String {
    match name {
        "self" | "Self" | "super" | "crate" => format!("{name}_"),
        _ if syn::parse_str::<syn::Ident>(name).is_err() => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// A variant's name for an enum's value: `Eur3d` for `eur_3d`, `V3ds` for `3ds`.
pub(super) fn variant_name(value: &str) -> String {
    match type_name(value) {
        name if name.starts_with(|letter: char| letter.is_ascii_digit()) => format!("V{name}"),
        name if name == "Self" => "Self_".to_owned(),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rust() {
        let check = |actual: String, expected: &str| assert_eq!(actual, expected);
        check(type_name("checkout.session"), "CheckoutSession");
        check(type_name("billing_bill_resource"), "BillingBillResource");
        check(snake("checkout.session"), "checkout_session");
        check(field_name("type"), "r#type");
        check(field_name("email"), "email");
        check(field_name("self"), "self_");
        check(variant_name("past_due"), "PastDue");
        check(variant_name("3ds"), "V3ds");
        check(variant_name("self"), "Self_");
        check(variant_name("ABNANL2A"), "ABNANL2A");
    }
}
