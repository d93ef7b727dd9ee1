//! The condition that an event has a name, or one of a family.

use super::like::literal;
use crate::store::backend::statement::Statement;
use crate::webhook::event_name::EventName;

/// Adds the condition on the name, which may be that of a thin event or `invoice.*`.
pub(super) fn has_name<Row>(
    select: Statement<'static, Row>,
    name: &str,
) -> Statement<'static, Row> {
    let Some(prefix) = name.strip_suffix('*').filter(|rest| rest.ends_with('.')) else {
        return select
            .sql(" AND (event.name = ? OR event.name = ?)")
            .bind(EventName::new(name).as_str().to_owned())
            .bind(name.to_owned());
    };

    let prefix_pattern = literal(prefix) + "%";
    let mut select = select
        .sql(" AND (event.name LIKE ? ESCAPE '!'")
        .bind(prefix_pattern);
    // An event is stored under the name of its snapshot event.
    for name in EventName::known() {
        let is_other = !name.as_str().starts_with(prefix);
        if is_other
            && name
                .thin_name()
                .is_some_and(|thin| thin.starts_with(prefix))
        {
            select = select
                .sql(" OR event.name = ?")
                .bind(name.as_str().to_owned());
        }
    }
    select.sql(")")
}
