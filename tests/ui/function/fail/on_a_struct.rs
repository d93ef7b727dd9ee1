use djstripe_core::stripe_receiver;

#[stripe_receiver("invoice.paid")]
struct Ship;

fn main() {
    let _ = Ship;
}
