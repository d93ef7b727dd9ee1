//! A type of the application's own may have the name of a model, of a family or of an argument.

use djstripe_core::{AnyObject, ArgumentError, FromEvent, Parts, stripe_receiver};

struct Invoice;

struct CustomerEvent;

struct Object<T>(T);

impl<'a> FromEvent<'a> for Invoice {
    type Payload = AnyObject;

    fn from_event(_: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(Self)
    }
}

impl<'a> FromEvent<'a> for CustomerEvent {
    type Payload = djstripe_core::models::Invoice;

    fn from_event(_: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(Self)
    }
}

impl<'a> FromEvent<'a> for &'a Object<u32> {
    type Payload = AnyObject;

    fn from_event(_: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        const SEVEN: Object<u32> = Object(7);
        Ok(&SEVEN)
    }
}

#[stripe_receiver("invoice.paid")]
fn ship(_invoice: Invoice, _event: CustomerEvent, seven: &Object<u32>) {
    let _ = seven.0;
}

fn main() {}
