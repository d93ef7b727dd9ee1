//! Which of the objects that have one id is meant.

use crate::webhook::mode_name;

/// The position of an object: `live/cus_1`, or `test/acct_1/cus_1` of a connected account.
pub(super) fn name_position(account: &str, livemode: bool, id: &str) -> String {
    let mode = mode_name(livemode);
    match account {
        "" => format!("{mode}/{id}"),
        account => format!("{mode}/{account}/{id}"),
    }
}

/// Reads what [`name_position`] has written; `None` if it is an id alone.
pub(super) fn read_position(text: &str) -> Option<(String, bool, String)> {
    let (mode, rest) = text.split_once('/')?;
    let livemode = [true, false]
        .into_iter()
        .find(|it| mode_name(*it) == mode)?;
    let (account, id) = match rest.split_once('/') {
        Some((account, id)) if account.starts_with("acct_") => (account, id),
        _ => ("", rest),
    };
    Some((account.to_owned(), livemode, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for (account, livemode, id, expected) in [
            ("", true, "cus_1", "live/cus_1"),
            ("acct_1", false, "cus_1", "test/acct_1/cus_1"),
            ("", false, "gold/monthly", "test/gold/monthly"),
        ] {
            let position = name_position(account, livemode, id);
            assert_eq!(position, expected);
            let read = (account.to_owned(), livemode, id.to_owned());
            assert_eq!(read_position(&position), Some(read));
        }
        assert_eq!(read_position("cus_1"), None);
        assert_eq!(read_position("gold/monthly"), None);
    }
}
