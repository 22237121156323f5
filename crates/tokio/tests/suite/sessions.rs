//! Sessions that are kept, and tickets that are sealed, outside of the server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bulla_testkit::authority::shared;
use bulla_tls::{FindSessionNeed, KeepSessionNeed, Keeping, OpenTicketNeed, SealTicketNeed, SessionState};
use bulla_tokio::{Refused, SessionKeeper, TicketSealer, TlsAcceptor, TlsConnector};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::ends::connector;
use crate::handshakes::shake;

/// Sessions in a map, and tickets that are names in it.
#[derive(Default)]
struct Shelf {
    kept: Mutex<HashMap<Vec<u8>, SessionState>>,
    after: Duration,
}

impl SessionKeeper for Shelf {
    async fn keep(&self, need: &KeepSessionNeed) -> Result<bool, Refused> {
        sleep(self.after).await;
        self.kept.lock().unwrap().insert(need.name.to_vec(), need.state.clone());
        Ok(true)
    }

    async fn find(&self, need: &FindSessionNeed) -> Result<Option<SessionState>, Refused> {
        sleep(self.after).await;
        assert!(need.once);
        Ok(self.kept.lock().unwrap().remove(&need.name[..]))
    }
}

impl TicketSealer for Shelf {
    async fn seal(&self, need: &SealTicketNeed) -> Result<Option<Vec<u8>>, Refused> {
        sleep(self.after).await;
        let mut kept = self.kept.lock().unwrap();
        let ticket = vec![u8::try_from(kept.len()).unwrap(); 20];
        kept.insert(ticket.clone(), need.state.clone());
        Ok(Some(ticket))
    }

    async fn open(&self, need: &OpenTicketNeed) -> Result<Option<SessionState>, Refused> {
        sleep(self.after).await;
        Ok(self.kept.lock().unwrap().get(&need.ticket).cloned())
    }
}

/// A connection by this client, whose tickets have come; whether it resumed an earlier one.
async fn resumes(connector: &TlsConnector, acceptor: &TlsAcceptor) -> bool {
    let (client, server) = shake(connector, acceptor).await;
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    server.shutdown().await.unwrap();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(client.facts().resumed, server.facts().resumed);
    server.facts().resumed
}

#[tokio::test(start_paused = true)]
async fn kept_and_sealed_elsewhere_at_once_or_later() {
    for keeping in [Keeping::AskStore, Keeping::AskTickets] {
        for after in [Duration::ZERO, Duration::from_millis(300)] {
            let shelf = Arc::new(Shelf { after, ..Shelf::default() });
            let mut config = shared().server_config();
            config.resumption.keeping = keeping.clone();
            let acceptor = TlsAcceptor::from(config.check().unwrap())
                .with_session_keeper(shelf.clone())
                .with_ticket_sealer(shelf.clone());
            let connector = connector();
            assert!(!Box::pin(resumes(&connector, &acceptor)).await, "{keeping:?}");
            assert_eq!(shelf.kept.lock().unwrap().len(), 2);
            assert!(Box::pin(resumes(&connector, &acceptor)).await, "{keeping:?}");
            shelf.kept.lock().unwrap().clear();
            assert!(!Box::pin(resumes(&connector, &acceptor)).await, "{keeping:?}: forgotten, so made anew");
        }
    }
}

#[tokio::test]
async fn who_is_missing_or_refuses_is_named() {
    struct Full;

    impl SessionKeeper for Full {
        async fn keep(&self, _: &KeepSessionNeed) -> Result<bool, Refused> {
            Err("the shelf is full".into())
        }

        async fn find(&self, _: &FindSessionNeed) -> Result<Option<SessionState>, Refused> {
            Ok(None)
        }
    }

    let mut config = shared().server_config();
    config.resumption.keeping = Keeping::AskStore;
    let acceptor = TlsAcceptor::from(config.check().unwrap());
    let error = shake(&connector(), &acceptor).await.1.unwrap_err().to_string();
    assert!(error.ends_with("give a SessionKeeper to with_session_keeper"), "{error}");
    let error = shake(&connector(), &acceptor.with_session_keeper(Full)).await.1.unwrap_err().to_string();
    assert!(error.starts_with("keeping the session: refused: the shelf is full (asked was"), "{error}");
}
