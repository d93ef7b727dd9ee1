use djstripe_core::models::families::CustomerTaxIdEvent;
use djstripe_core::stripe_receiver;

#[stripe_receiver("customer.tax_id.*")]
fn on_tax_id(event: CustomerTaxIdEvent) {
    match event {
        CustomerTaxIdEvent::Created | CustomerTaxIdEvent::Updated => {}
    }
}

fn main() {}
