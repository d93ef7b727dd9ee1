use djstripe_core::stripe_effect;

#[stripe_effect]
async fn greet(_name: String) -> Result<(), u32> {
    Ok(())
}

fn main() {}
