//! Keeping a text in Secrets Manager, whatever its name was before.

use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;

use super::{Error, Secrets, unavailable};

impl Secrets {
    /// Keeps `text` under a name that may be new, taken, or that of a secret which somebody deleted.
    pub(super) async fn put(&self, id: &str, text: &str) -> Result<(), Error> {
        let made = Box::pin(self.client.create_secret().name(id).secret_string(text).send()).await;
        let Err(error) = made else { return Ok(()) };
        match error.as_service_error() {
            Some(CreateSecretError::ResourceExistsException(_) | CreateSecretError::InvalidRequestException(_)) => {}
            _ => return Err(unavailable(&error)),
        }
        let put = || self.client.put_secret_value().secret_id(id).secret_string(text).send();
        let Err(error) = Box::pin(put()).await else { return Ok(()) };
        if !matches!(error.as_service_error(), Some(PutSecretValueError::InvalidRequestException(_))) {
            return Err(unavailable(&error));
        }
        // Deleted, and its name is taken for 7 to 30 days more (AWS, Delete a secret): it is restored, for a seller who enters a new
        // one. The former text is in force again for as long as the next call takes.
        Box::pin(self.client.restore_secret().secret_id(id).send()).await.map_err(|error| unavailable(&error))?;
        Box::pin(put()).await.map_err(|error| unavailable(&error))?;
        Ok(())
    }
}
