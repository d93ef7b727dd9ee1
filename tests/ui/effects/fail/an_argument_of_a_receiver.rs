use djstripe_core::{Event, stripe_effect};

#[stripe_effect]
fn greet(name: String, event: Event) {
    println!("{name} {}", event.id());
}

fn main() {}
