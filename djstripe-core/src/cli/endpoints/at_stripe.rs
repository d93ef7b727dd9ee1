//! Stripe's side of an endpoint. The one place that has a signing secret in clear, for as long as it takes to keep it.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{SecretPlace, Tools, warn};
use crate::cli::CommandError;
use crate::client::{Client, ClientError, Request};
use crate::endpoint::{
    AtStripe, EncryptionKey, Endpoint, SecretStorageError, StoredSecret, ValidationMethod,
};

/// Where a secret that Stripe is about to make will be kept. Made beforehand: Stripe shows a secret once.
pub(super) enum Keeping {
    /// Encrypted.
    Sealed(EncryptionKey),
    /// In a variable of the environment that the operator fills from this file.
    Written {
        reference: StoredSecret,
        path: PathBuf,
        file: std::fs::File,
    },
    /// Nowhere: nothing verifies with it.
    Dropped,
}

/// What Stripe made.
pub(super) struct Created {
    pub(super) at_stripe: AtStripe,
    secret: SecretString,
}

impl Keeping {
    pub(super) fn prepare(
        tools: &Tools,
        place: &SecretPlace,
        validation: ValidationMethod,
    ) -> Result<Self, CommandError> {
        if validation != ValidationMethod::VerifySignature && place.secret.is_none() {
            // It is of use as soon as signatures are verified; until then nothing depends on it.
            return Ok(tools.key.clone().map_or(Self::Dropped, Self::Sealed));
        }
        match (place.reference()?, &place.write_secret) {
            (Some(reference), Some(path)) => {
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let file = options.open(path).map_err(|error| format!("{}: {error}", path.display()))?;
                Ok(Self::Written { reference, path: path.clone(), file })
            }
            (Some(_), None) => {
                Err("Stripe makes the secret and shows it once: say with `--write-secret FILE` where to \
                                    write it, so that you can put it into the variable"
                    .into())
            }
            (None, Some(_)) => Err("`--write-secret` goes with `--secret env:NAME`".into()),
            (None, None) if place.secret.is_some() => {
                Err("the secret is made by Stripe; `-` goes with `--local`, and \
                                                           with `roll` after rolling it in the dashboard"
                    .into())
            }
            (None, None) => Ok(Self::Sealed(tools.key()?.clone())),
        }
    }

    /// Takes back what was prepared, so that it isn't in the way of another try.
    pub(super) fn discard(self) {
        if let Self::Written { path, .. } = self
            && let Err(error) = std::fs::remove_file(&path)
        {
            warn(&format!("{} could not be removed: {error}", path.display()));
        }
    }

    /// Keeps the secret, and gives the endpoint what its row is to hold of it.
    pub(super) fn keep(
        &mut self,
        created: &Created,
        endpoint: &mut Endpoint,
    ) -> Result<(), CommandError> {
        if let Some(secret) = self.store(created, endpoint.id)? {
            endpoint.add_secret(secret, None);
        }
        Ok(())
    }

    fn store(
        &mut self,
        created: &Created,
        endpoint: Uuid,
    ) -> Result<Option<StoredSecret>, CommandError> {
        let secret = created.secret.expose_secret();
        match self {
            Self::Dropped => Ok(None),
            Self::Sealed(key) => Ok(Some(StoredSecret::seal(secret, endpoint, key)?)),
            Self::Written {
                reference, file, ..
            } => {
                use std::io::Write;

                if secret.is_empty() {
                    return Err(SecretStorageError::Empty.into());
                }
                let name = reference.to_string();
                writeln!(file, "{}={secret}", name.trim_start_matches("env:"))?;
                file.sync_all()?;
                Ok(Some(reference.clone()))
            }
        }
    }
}

pub(super) async fn create(
    client: &Client,
    endpoint: &Endpoint,
    needed: &[String],
) -> Result<Created, CommandError> {
    #[derive(Deserialize)]
    struct WithSecret {
        #[serde(default)]
        secret: String,
    }
    let mut request = Request::create("webhook_endpoint")?.params(json!({
        "url": endpoint.url,
        "enabled_events": needed,
        "api_version": crate::webhook::API_VERSION,
        "metadata": { AtStripe::METADATA_KEY: endpoint.id.to_string() },
    }));
    if endpoint.connect {
        request = request.param("connect", true);
    }
    let answer = client.send(&in_mode(request, endpoint)).await?;
    let WithSecret { secret } = read(answer.json())?;
    Ok(Created {
        at_stripe: read(answer.json())?,
        secret: SecretString::from(secret),
    })
}

/// The endpoint as Stripe has it; `None` if it hasn't any more.
pub(super) async fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<Option<AtStripe>, CommandError> {
    match client
        .send(&in_mode(
            Request::retrieve("webhook_endpoint", id)?,
            endpoint,
        ))
        .await
    {
        Ok(answer) => read(answer.json()).map(Some),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All endpoints of the account in one mode.
pub(super) async fn list(client: &Client, livemode: bool) -> Result<Vec<AtStripe>, CommandError> {
    let request = Request::list("webhook_endpoint")?
        .livemode(livemode)
        .param("limit", 100);
    client
        .page(&request)
        .await?
        .items
        .iter()
        .map(|item| read(item.get()))
        .collect()
}

/// Makes Stripe deliver these events to the endpoint's address.
pub(super) async fn update(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    needed: &[String],
) -> Result<AtStripe, CommandError> {
    let mut request = Request::update("webhook_endpoint", id)?
        .params(json!({ "enabled_events": needed, "disabled": !endpoint.enabled }));
    if let Some(url) = &endpoint.url {
        request = request.param("url", url.as_str());
    }
    read(client.send(&in_mode(request, endpoint)).await?.json())
}

/// Deletes it; that it is gone already is as good.
pub(super) async fn delete(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
) -> Result<(), ClientError> {
    match client
        .send(&in_mode(Request::delete("webhook_endpoint", id)?, endpoint))
        .await
    {
        Err(error) if !error.is_gone() => Err(error),
        _ => Ok(()),
    }
}

fn in_mode(request: Request, endpoint: &Endpoint) -> Request {
    match endpoint.livemode {
        Some(livemode) => request.livemode(livemode),
        None => request,
    }
}

/// Reads an answer without showing it, as it may hold a secret.
fn read<T: for<'a> Deserialize<'a>>(json: &str) -> Result<T, CommandError> {
    serde_json::from_str(json).map_err(|_| "Stripe's answer is not a webhook endpoint".into())
}
