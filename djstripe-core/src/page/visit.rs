//! One request of the page: who sent it, what was asked for, and where its links lead.

use super::access::{Access, Operator, Right};
use super::error::PageError;
use super::params::Params;
use super::state::PageState;
use crate::app::Djstripe;
use crate::store::operator::OperatorQueries;
use crate::store::{NewAction, Store};
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

/// A request.
pub(super) struct Visit {
    pub(super) state: PageState,
    pub(super) operator: Operator,
    /// Why nothing can be changed, whatever the operator may do.
    pub(super) unwritable: Option<&'static str>,
    /// What stands before the addresses of views.
    pub(super) base: String,
    /// The view, `events`; empty for the first page.
    pub(super) view: String,
    /// The fields of the address, or of the form.
    pub(super) params: Params,
    pub(super) now: Timestamp,
}

impl Visit {
    pub(super) fn app(&self) -> &Djstripe {
        self.state.app()
    }

    pub(super) fn store(&self) -> &Store {
        self.state.app().store()
    }

    pub(super) fn queries(&self) -> &OperatorQueries {
        self.state.queries()
    }

    /// Whether the operator may do what the right stands for.
    pub(super) fn may(&self, right: Right) -> bool {
        let is_possible = right == Right::Personal || self.unwritable.is_none();
        is_possible && self.operator.access().allows(right)
    }

    pub(super) fn sees_personal(&self) -> bool {
        self.may(Right::Personal)
    }

    /// Refuses an operator who may not do that.
    pub(super) fn require(&self, right: Right) -> Result<(), PageError> {
        if let Some(why) = self.unwritable
            && right != Right::Personal
        {
            return Err(PageError::ReadOnly(why));
        }
        if self.may(right) {
            Ok(())
        } else {
            Err(PageError::Lacks(right))
        }
    }

    /// What the operator may do, in words.
    pub(super) fn access_words(&self) -> String {
        match (self.unwritable, self.operator.access()) {
            (Some(why), _) => format!("read-only: {why}"),
            (None, Access::ReadOnly) => "read-only".to_owned(),
            (None, Access::All) => "all rights".to_owned(),
            (None, Access::Only(rights)) => {
                let words: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
                match words[..] {
                    [] => "read-only".to_owned(),
                    _ => format!("may {}", words.join(", ")),
                }
            }
        }
    }

    /// The address of a view.
    pub(super) fn link(&self, view: &str, params: &Params) -> String {
        format!("{}{view}{}", self.base, params.query())
    }

    /// The address of a view with these fields.
    pub(super) fn to(&self, view: &str, fields: &[(&str, &str)]) -> String {
        self.link(view, &Params::new(fields.iter().copied()))
    }

    /// The address under which an id is looked up.
    pub(super) fn find(&self, id: &str) -> String {
        self.to("find", &[("q", id)])
    }

    pub(super) fn event(&self, id: &str) -> String {
        self.to("event", &[("id", id)])
    }

    pub(super) fn object(&self, object: &str, account: &str, livemode: bool, id: &str) -> String {
        let fields = [
            ("type", object),
            ("id", id),
            ("mode", mode_name(livemode)),
            ("account", account),
        ];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        self.link("object", &Params::new(fields))
    }

    /// Writes a row of the record of actions: of a change, before anything changes.
    pub(super) async fn record(
        &self,
        action: &str,
        subject: &str,
        detail: Option<String>,
    ) -> Result<(), PageError> {
        let action = NewAction {
            actor: self.operator.name().to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        };
        Ok(self.store().record_action(&action).await?)
    }

    /// The field that a request must have.
    pub(super) fn required(&self, name: &str) -> Result<&str, PageError> {
        let missing = || PageError::Invalid(format!("The field `{name}` is missing."));
        self.params.get(name).ok_or_else(missing)
    }
}

/// What stands before the addresses of views, which are all one level below the page's address: whatever
/// stands before that, here or at a proxy, makes no difference.
///
/// `own` is the path below the prefix, `original` the one of the request. Without a slash at its end the
/// browser takes the prefix's last segment for the name of the view.
pub(super) fn base(own: &str, original: &str) -> String {
    if own != "/" || original.ends_with('/') {
        // A view's path has no further slash.
        return "./".to_owned();
    }
    let last = original.rsplit('/').next().unwrap_or_default();
    format!("./{last}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_below_any_prefix() {
        let check = |own: &str, original: &str, expected: &str| {
            assert_eq!(base(own, original), expected, "{own} {original}");
        };
        check("/", "/", "./");
        check("/", "/admin", "./admin/");
        check("/", "/admin/", "./");
        check("/", "/shop/a%20b", "./a%20b/");
        check("/events", "/admin/events", "./");
        check("/events", "/events", "./");
    }
}
