//! Which customer is forgotten.

/// The command, and the word for it in the record of actions.
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) const ACTION: &str = "redact customer";

/// Which customer is forgotten.
///
/// ```
/// use djstripe_core::redact::RedactOptions;
///
/// let mut options = RedactOptions::new("cus_1");
/// options.dry_run = true;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RedactOptions {
    /// The customer's id.
    pub customer: String,
    /// The account whose customer it is; the empty string is the platform's own. Default: the one in
    /// which the mirror has the customer.
    pub account: Option<String>,
    /// Whether it is a customer of live mode. Default: the mode in which the mirror has the customer.
    pub livemode: Option<bool>,
    /// Keeps `metadata` and `description`. Default: they are blanked.
    pub keep_metadata: bool,
    /// Only counts what would be blanked. Default: no.
    pub dry_run: bool,
}

impl RedactOptions {
    /// The customer with this id, metadata and descriptions included.
    pub fn new(customer: impl Into<String>) -> Self {
        Self {
            customer: customer.into(),
            account: None,
            livemode: None,
            keep_metadata: false,
            dry_run: false,
        }
    }

    /// The customer as the record of actions names them.
    #[cfg(any(feature = "cli", feature = "page"))]
    pub(crate) fn subject(&self) -> String {
        match self.account.as_deref() {
            None | Some("") => self.customer.clone(),
            Some(account) => format!("{} of {account}", self.customer),
        }
    }

    /// What the record of actions says when a redaction begins.
    #[cfg(any(feature = "cli", feature = "page"))]
    pub(crate) fn begun(&self) -> String {
        let kept = if self.keep_metadata {
            ", metadata and description are kept"
        } else {
            ""
        };
        format!("begun{kept}")
    }
}
