use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
async fn ship(event: Event) {
    let id: u32 = event.id();
    drop(id);
}

fn main() {}
