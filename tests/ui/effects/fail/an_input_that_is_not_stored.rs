use djstripe_core::receiver::Effect;
use djstripe_core::stripe_effect;

#[stripe_effect]
fn greet(effect: Effect) {
    println!("{}", effect.key());
}

fn main() {}
