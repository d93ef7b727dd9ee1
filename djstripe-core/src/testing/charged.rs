//! The ends that a payment can have.

/// What a payment with a method leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Charged {
    /// The payment succeeds.
    #[default]
    Succeeds,
    /// It succeeds, and its amount is available at once.
    Available,
    /// It succeeds, and the customer disputes it. With an inquiry no money is taken back.
    Disputed { inquiry: bool },
    /// The issuer declines it.
    Declined,
    /// The customer has to authenticate it.
    NeedsAction,
    /// It is processed for days, and succeeds.
    SucceedsLater,
    /// It is processed for days, and fails.
    FailsLater,
    /// It is processed until the end of the test.
    StaysProcessing,
    /// It waits for a bank transfer of the customer.
    AwaitsTransfer,
}
