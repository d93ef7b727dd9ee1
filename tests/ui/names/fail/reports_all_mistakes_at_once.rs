use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.payed", "customer.udpated", colour = "red", priority = "high")]
fn ship<T>(_event: &mut Event) {}

fn main() {
    // The expansion keeps the function, so this call has no error of its own.
    let _ = ship::<()>;
}
