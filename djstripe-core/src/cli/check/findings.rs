//! What `check` found.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Something doesn't work.
    Error,
    /// Something is probably not intended.
    Warning,
    /// Information.
    Note,
}

impl Severity {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

#[derive(Debug)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// What was checked.
    pub(super) point: &'static str,
    pub(super) what: String,
    /// The command or setting that fixes it.
    pub(super) fix: Option<String>,
}

/// The findings so far, in the order of the checks.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(
        &mut self,
        severity: Severity,
        point: &'static str,
        what: impl Into<String>,
        fix: Option<String>,
    ) {
        self.0.push(Finding {
            severity,
            point,
            what: what.into(),
            fix,
        });
    }

    pub(super) fn error(
        &mut self,
        point: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(Severity::Error, point, what, Some(fix.into()));
    }

    pub(super) fn warning(
        &mut self,
        point: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(Severity::Warning, point, what, Some(fix.into()));
    }

    pub(super) fn note(&mut self, point: &'static str, what: impl Into<String>) {
        self.add(Severity::Note, point, what, None);
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        let findings = self.0.iter();
        findings.filter(|it| it.severity == severity).count()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}
