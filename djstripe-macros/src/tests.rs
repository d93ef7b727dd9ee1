//! Snapshots of the expansion, and the rules that it must keep.

use quote::quote;

use super::place::Place;
use super::{effect, receiver};

fn pretty(attribute: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> String {
    unparse(receiver(attribute, item, Place::Application))
}

fn unparse(output: proc_macro2::TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(output).expect("the expansion is Rust"))
}

#[test]
fn async_receiver_with_arguments() {
    let item = quote! {
        /// Ships paid orders.
        async fn ship(event: &Event, shop: State<Shop>) -> Result<(), ShippingError> {
            shop.ship(event).await
        }
    };
    insta::assert_snapshot!(pretty(quote!("invoice.paid"), item));
}

#[test]
fn every_option() {
    let attribute = quote! {
        ["customer.created", "customer.deleted"], unchecked("customer.levitated"), id = "shop::greet", priority = -5,
        livemode = true, account = connected, retries = 3, timeout = "30s", transaction = false,
        on_backfill = true
    };
    insta::assert_snapshot!(pretty(
        attribute,
        quote!(
            fn greet() {}
        )
    ));
}

#[test]
fn an_effect_with_every_option() {
    let attribute = quote! {
        name = "shop::welcome", schedule = ["10s", "5m"], timeout = "30s"
    };
    let item = quote! {
        /// Welcomes a customer.
        pub async fn welcome(address: String, mailer: State<Mailer>) -> Result<(), MailError> {
            mailer.send(&address).await
        }
    };
    insta::assert_snapshot!(unparse(effect(attribute, item)));
}

#[test]
fn the_function_is_emitted_unchanged() {
    let item = quote! {
        #[inline]
        pub(crate) async fn ship(event: &Event, State(shop): State<Shop>) -> Result<(), ShippingError> {
            shop.ship(event)?.await
        }
    };
    let output = receiver(quote!("invoice.paid"), item.clone(), Place::Application).to_string();
    assert!(output.starts_with(&item.to_string()), "{output}");
}

#[test]
fn stacked_attributes_are_one_receiver() {
    let item = quote! {
        #[stripe_receiver("customer.deleted")]
        fn greet() {}
    };

    let output = pretty(quote!("customer.created"), item);
    assert!(
        output.contains(r#"events: &["customer.created", "customer.deleted"]"#),
        "{output}"
    );
    assert_eq!(output.matches("submit!").count(), 1, "{output}");
}

#[test]
fn families_are_expanded() {
    let output = pretty(
        quote!("customer.tax_id.*"),
        quote!(
            fn f() {}
        ),
    );

    let (_, registered) = output.split_once(": &[").unwrap_or_default();
    let (registered, _) = registered.split_once(']').unwrap_or_default();
    for verb in ["created", "deleted", "updated"] {
        let name = format!("customer.tax_id.{verb}");
        assert_eq!(registered.matches(&name).count(), 1, "{name} {output}");
    }
    let all = registered.matches("customer.tax_id.").count();
    assert_eq!(all, 3, "{output}");
}

#[test]
fn renamed_crate_is_the_only_one_named() {
    let item = quote!(
        async fn f(event: Event) -> Result<(), E> {}
    );
    let output = pretty(quote!("invoice.paid", crate = renamed::core), item);
    assert!(!output.contains("djstripe_core"), "{output}");
}

#[test]
fn conditions_of_the_function_are_those_of_its_registration() {
    let output = pretty(
        quote!("invoice.paid"),
        quote!(
            #[cfg(feature = "shop")]
            fn f() {}
        ),
    );
    assert_eq!(
        output.matches("#[cfg(feature = \"shop\")]").count(),
        2,
        "{output}"
    );
}

#[test]
fn only_djstripe_core_can_rank_its_receivers() {
    let (attribute, item) = (
        quote!("invoice.paid", rank = handler),
        quote!(
            fn ship() {}
        ),
    );

    let built_in = unparse(receiver(attribute.clone(), item.clone(), Place::Core));
    assert!(built_in.contains("::Rank::Handler"), "{built_in}");
    assert!(
        built_in.contains(r#"id: ::core::concat!("djstripe::", "ship")"#),
        "{built_in}"
    );

    let refused = pretty(attribute, item);
    assert!(refused.contains("unknown option `rank`"), "{refused}");
}

#[test]
fn the_function_is_emitted_despite_mistakes() {
    let output = pretty(
        quote!("invoice.payed", colour = 7),
        quote!(
            fn f<T>(self) {}
        ),
    );

    assert!(output.contains("fn f<T>(self) {}"), "{output}");
    for mistake in [
        "`invoice.payed` is not",
        "unknown option `colour`",
        "can't be generic",
        "can't take `self`",
    ] {
        assert!(
            output.contains(mistake),
            "`{mistake}` is missing in {output}"
        );
    }
}
