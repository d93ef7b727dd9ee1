//! A real process that is killed again and again while webhooks race with it.
