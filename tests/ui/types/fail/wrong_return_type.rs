use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
async fn ship(_event: Event) -> Result<(), u32> {
    Ok(())
}

fn main() {}
