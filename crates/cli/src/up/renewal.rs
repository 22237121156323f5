//! The certificate of our own authority, renewed while the server runs.

use std::sync::Arc;
use std::time::Duration;

use bulla_ca::{Authority, Names};
use bulla_server::LiveCredential;
use bulla_tls::Credential;
use rustls_pki_types::UnixTime;

use super::voice::Voice;
use crate::complaint::Complaint;

/// How often the certificate's age is looked at. The clock may be set and the machine may sleep, so that no timer
/// knows the right moment in advance.
const EVERY: Duration = Duration::from_secs(3600);

/// What a renewal needs.
pub(super) struct Renewal {
    pub(super) authority: Authority,
    /// The names beside the local ones.
    pub(super) names: Names,
    /// What the server shows.
    pub(super) shown: LiveCredential,
}

impl Renewal {
    /// Looks again and again, for as long as the server runs. A failure is told and tried again.
    pub(super) async fn keep(self, voice: Voice) {
        let this = Arc::new(self);
        loop {
            tokio::time::sleep(EVERY).await;
            let worker = Arc::clone(&this);
            // Files are read and written.
            match tokio::task::spawn_blocking(move || worker.renew(UnixTime::now())).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => voice.say("The certificate was renewed."),
                Ok(Err(complaint)) => {
                    tracing::error!(
                        "the certificate cannot be renewed; the next try is in an hour: {complaint}"
                    );
                }
                Err(error) => tracing::error!("the renewal of the certificate failed: {error}"),
            }
        }
    }

    /// Replaces the certificate if a third of its life or less is left. Says whether it did.
    fn renew(&self, now: UnixTime) -> Result<bool, Complaint> {
        let issued = self.authority.issue(&self.names, now).map_err(Complaint::new)?;
        if issued.chain == self.shown.current().chain() {
            return Ok(false);
        }
        self.shown.replace(Credential::new(issued.chain, issued.key).map_err(Complaint::new)?);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use bulla_crypto::random::Source;
    use bulla_store::DataFolder;
    use bulla_x509::certificate::Certificate;

    use super::*;

    #[test]
    fn a_certificate_is_replaced_in_the_last_third_of_its_life() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&place.path().join("data")).unwrap();
        let now = UnixTime::now();
        let days = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs() + days * 86_400));
        let names = Names::parse(["shop.test"]).unwrap();
        let authority = Authority::open_or_create(&folder, &names, now, &Source::system()).unwrap();
        let issued = authority.issue(&names, now).unwrap();
        let shown = LiveCredential::new(Credential::new(issued.chain, issued.key).unwrap());
        let first = shown.current();
        let renewal = Renewal { authority, names, shown: shown.clone() };
        assert!(!renewal.renew(days(1)).unwrap());
        assert_eq!(shown.current().chain(), first.chain());
        assert!(renewal.renew(days(61)).unwrap());
        let until = |credential: &Credential| Certificate::parse(&credential.chain()[0]).unwrap().not_after();
        assert!(until(&shown.current()) > days(140), "a whole life from then on");
        assert!(until(&first) < days(91));
        assert!(!renewal.renew(days(62)).unwrap(), "once is enough");
    }
}
