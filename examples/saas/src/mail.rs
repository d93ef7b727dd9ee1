//! Mails: an effect outside the database. It runs after the commit of whoever requested it, at least
//! once, with the same key each time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use djstripe_core::receiver::Effect;
use djstripe_core::{BoxError, State, stripe_effect};
use serde::{Deserialize, Serialize};

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// What it says.
    pub subject: String,
}

/// Sends a mail.
#[stripe_effect(name = "saas::send", schedule = ["10s", "5m", "1h"])]
pub(crate) async fn send(
    mail: Mail,
    effect: Effect,
    mailer: State<Mailer>,
) -> Result<(), BoxError> {
    mailer.send(mail, effect.key())
}

/// Stands for a mail service that sends one mail for each idempotency key.
#[derive(Clone, Default)]
pub struct Mailer(Arc<Mutex<Vec<(String, Mail)>>>);

impl Mailer {
    fn send(&self, mail: Mail, key: &str) -> Result<(), BoxError> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.iter().all(|(known, _)| known != key) {
            sent.push((key.to_owned(), mail));
        }
        Ok(())
    }

    /// The mails that were sent.
    pub fn sent(&self) -> Vec<Mail> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().map(|(_, mail)| mail.clone()).collect()
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailer").finish_non_exhaustive()
    }
}
