//! The page's own files: a style sheet, a script and an icon, each with a hash of its content in its
//! address, so that browsers keep it until it changes.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};

/// How long browsers may keep a file.
const FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// A file.
pub(super) struct Asset {
    /// The last segment of its address.
    pub(super) name: &'static str,
    kind: &'static str,
    content: &'static str,
}

pub(super) const STYLE: Asset = Asset {
    name: "page.css",
    kind: "text/css; charset=utf-8",
    content: include_str!("assets/page.css"),
};

pub(super) const SCRIPT: Asset = Asset {
    name: "page.js",
    kind: "text/javascript; charset=utf-8",
    content: include_str!("assets/page.js"),
};

pub(super) const ICON: Asset = Asset {
    name: "icon.svg",
    kind: "image/svg+xml",
    content: include_str!("assets/icon.svg"),
};

const ALL: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];

static HASHES: LazyLock<[String; 3]> = LazyLock::new(|| {
    ALL.map(|asset| {
        let hash = digest(&SHA256, asset.content.as_bytes());
        let start = hash.as_ref().iter().take(6);
        start.map(|byte| format!("{byte:02x}")).collect()
    })
});

impl Asset {
    /// The address below the page's own, `page.css?v=…`.
    pub(super) fn address(&self) -> String {
        let index = ALL.iter().position(|asset| asset.name == self.name);
        let hash = index.map_or("", |index| &HASHES[index]);
        format!("{}?v={hash}", self.name)
    }
}

/// The file with this name.
pub(super) fn find(name: &str) -> Option<Response> {
    let asset = ALL.into_iter().find(|asset| asset.name == name)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, FOREVER),
    ];
    Some((StatusCode::OK, headers, asset.content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_small_and_name_their_content() {
        assert!(SCRIPT.content.len() < 3_000, "{}", SCRIPT.content.len());
        assert!(STYLE.content.len() < 16_000, "{}", STYLE.content.len());
        for asset in ALL {
            let address = asset.address();
            let (name, hash) = address.split_once("?v=").unwrap();
            assert_eq!((name, hash.len()), (asset.name, 12));
            assert!(find(name).is_some());
        }
        assert!(find("page.html").is_none());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for asset in ALL {
            let text = asset.content.replace("http://www.w3.org/2000/svg", "");
            for part in [
                "http:",
                "https:",
                "//cdn",
                "@import",
                "url(",
                "innerHTML",
                "eval(",
            ] {
                assert!(!text.contains(part), "{}: {part}", asset.name);
            }
        }
    }
}
