//! What the application does for one of its users.

use std::sync::Arc;

use super::facade::Djstripe;
use crate::mirror::Subscriber;
use crate::users::{Checkout, Entitlements, LinkedCustomer, Portal, UserError, Users};

/// The flow of one user. Customers, subscriptions and entitlements are found in the mirror, in the
/// mode of the application's key; [`users`](Self::users) chooses another mode or account.
impl Djstripe {
    /// The application's users in the main own account, in the mode of its only key.
    pub fn users(&self) -> Users {
        Users::new(Arc::clone(&self.services))
    }

    /// A Checkout Session in which a user subscribes to a price, or pays a one-time price.
    ///
    /// The session is for the user's customer, which is created, mirrored and linked first unless the
    /// user has one: that needs the mirror's
    /// [`subscriber_key`](crate::mirror::MirrorSettings::subscriber_key). It names the user in
    /// `client_reference_id` and in its metadata. A repeated call returns the same session: see
    /// [`attempt`](Checkout::attempt).
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::users::UserError;
    ///
    /// # async fn page(app: Djstripe) -> Result<(), UserError> {
    /// let session = app
    ///     .checkout("user-7", "price_pro")
    ///     .success_url("https://shop.example/welcome")
    ///     .cancel_url("https://shop.example/prices")
    ///     .await?;
    /// println!("send the user to {:?}", session.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UserError`].
    pub fn checkout(&self, user: impl Into<Subscriber>, price: impl Into<String>) -> Checkout {
        self.users().checkout(user, price)
    }

    /// A session of the customer portal, where a user changes the subscription, the payment method
    /// and the address. The user needs a customer; of several, the oldest is shown.
    ///
    /// ```no_run
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::users::UserError;
    ///
    /// # async fn page(app: Djstripe) -> Result<(), UserError> {
    /// match app.portal("user-7").return_url("https://shop.example/account").await {
    ///     Ok(session) => println!("send the user to {:?}", session.url),
    ///     Err(UserError::NoCustomer { user }) => println!("{user} has never bought anything"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UserError::NoCustomer`], and the other errors of [`UserError`].
    pub fn portal(&self, user: impl Into<Subscriber>) -> Portal {
        self.users().portal(user)
    }

    /// Whether a user has a live subscription, active or trialing, to a price or, given a product's
    /// id, to any price of the product. One query of the mirror.
    ///
    /// ```no_run
    /// # async fn page(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::users::UserError> {
    /// if app.is_on("user-7", "price_pro").await? {
    ///     println!("welcome back");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UserError::WhichMode`] if the application has keys for both modes or none,
    /// [`UserError::NotMirrored`] if the mirror has no subscriptions, and the database's errors.
    pub async fn is_on(&self, user: impl Into<Subscriber>, price: &str) -> Result<bool, UserError> {
        self.users().is_on(user, price).await
    }

    /// The features that a user is entitled to, by their lookup keys. One query of the mirror.
    ///
    /// ```no_run
    /// # async fn page(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::users::UserError> {
    /// let may_export = app.entitlements("user-7").await?.has("export");
    /// # let _ = may_export;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`is_on`](Self::is_on).
    pub async fn entitlements(
        &self,
        user: impl Into<Subscriber>,
    ) -> Result<Entitlements, UserError> {
        self.users().entitlements(user).await
    }

    /// Links the customers that wait for a user, in all accounts and modes, and returns them. Call it
    /// once the transaction that created the user has committed: the lookup has to find the user.
    ///
    /// A customer waits if its metadata, its email address or its checkout session names a user that
    /// wasn't there: see [`link_by`](crate::mirror::MirrorSettings::link_by). Without this call it is
    /// linked when the schedule says. Customers that wait by their email address are found only if the
    /// user has one here.
    ///
    /// ```no_run
    /// use djstripe_core::mirror::Subscriber;
    ///
    /// # async fn sign_up(app: djstripe_core::Djstripe) -> Result<(), djstripe_core::users::UserError> {
    /// let user = Subscriber {
    ///     email: Some("ann@example.com".to_owned()),
    ///     ..Subscriber::from("user-7")
    /// };
    /// for linked in app.link(&user).await? {
    ///     println!("{} was there before its user", linked.customer);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UserError::NoLookup`], [`UserError::NoUserId`], [`UserError::Mirror`] if the lookup fails,
    /// and the database's errors.
    pub async fn link(
        &self,
        user: impl Into<Subscriber>,
    ) -> Result<Vec<LinkedCustomer>, UserError> {
        self.users().link(user.into()).await
    }
}
