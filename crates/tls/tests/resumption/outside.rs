//! Sessions that the caller seals, opens, keeps and finds: at once, later, not at all.

use std::collections::HashMap;

use bulla_testkit::authority::server_name;
use bulla_testkit::pair::Pair;
use bulla_tls::registry::AlertDescription as Alert;
use bulla_tls::{
    Checked, ClientConfig, Connection, Error, Keeping, Misuse, Need, NeedKind, NeedProblem, ServerConfig,
    SessionState,
};

use super::{client, server};

/// A caller that keeps what it is given, under a name or in place of a ticket.
#[derive(Default)]
struct Caller {
    kept: HashMap<Vec<u8>, SessionState>,
    asked: Vec<NeedKind>,
    /// Knows nothing and keeps nothing.
    forgetful: bool,
}

impl Caller {
    fn answer(&mut self, need: Need) {
        self.asked.push(need.kind());
        match need {
            Need::SealTicket(need) if self.forgetful => need.reply.reply(None),
            Need::SealTicket(need) => {
                assert!(need.lifetime.as_secs() == 12 * 3600);
                let ticket = format!("ticket {}", self.kept.len()).into_bytes();
                self.kept.insert(ticket.clone(), need.state);
                need.reply.reply(Some(ticket));
            }
            Need::OpenTicket(need) => {
                let state = self.kept.get(&need.ticket).filter(|_| !self.forgetful).cloned();
                need.reply.reply(state);
            }
            Need::KeepSession(need) => {
                self.kept.insert(need.name.to_vec(), need.state);
                need.reply.reply(!self.forgetful);
            }
            Need::FindSession(need) => {
                assert!(need.once, "TLS 1.3");
                let state = self.kept.remove(need.name.as_slice()).filter(|_| !self.forgetful);
                need.reply.reply(state);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn asking(keeping: Keeping) -> Checked<ServerConfig> {
    server(|config| config.resumption.keeping = keeping)
}

/// Joins them until the server has asked for something, or is through.
fn pair(client: &Checked<ClientConfig>, server: &Checked<ServerConfig>) -> Pair {
    let mut pair = Pair::new(Connection::client(client, server_name()), Connection::server(server));
    pair.settle();
    pair
}

fn meet(client: &Checked<ClientConfig>, server: &Checked<ServerConfig>, caller: &mut Caller) -> bool {
    let mut pair = pair(client, server);
    while let Some(need) = pair.server.needs.pop() {
        assert_eq!(pair.server.waiting, Some(need.kind()));
        caller.answer(need);
        pair.settle();
    }
    pair.assert_established();
    pair.server.connection.facts().resumed
}

#[test]
fn the_caller_keeps_sessions() {
    use NeedKind::{FindSession, KeepSession, OpenTicket, SealTicket};
    for (keeping, keep, find) in
        [(Keeping::AskTickets, SealTicket, OpenTicket), (Keeping::AskStore, KeepSession, FindSession)]
    {
        let (client, server, mut caller) = (client(|_| {}), asking(keeping), Caller::default());
        for (resumed, asked) in
            [(false, vec![keep, keep]), (true, vec![find, keep]), (true, vec![find, keep])]
        {
            assert_eq!(meet(&client, &server, &mut caller), resumed);
            assert_eq!(std::mem::take(&mut caller.asked), asked);
        }
        caller.forgetful = true;
        assert!(!meet(&client, &server, &mut caller), "nothing is found");
        assert_eq!(caller.asked, [find, keep], "nothing is kept, so no more is tried");
    }
}

/// What a caller gives back is looked at like anything else.
#[test]
fn what_is_given_back_is_looked_at() {
    let (client, server, mut caller) = (client(|_| {}), asking(Keeping::AskTickets), Caller::default());
    meet(&client, &server, &mut caller);
    let broken: Vec<_> = caller.kept.values().map(SessionState::as_bytes).map(<[u8]>::to_vec).collect();
    for (kept, bytes) in caller.kept.values_mut().zip(broken) {
        *kept = SessionState::new(bytes[..bytes.len() - 1].to_vec());
    }
    assert!(!meet(&client, &server, &mut caller));
}

/// Until the server asks for the kind of work: in the first handshake to keep, in the second to find.
fn at(keeping: Keeping, find: bool) -> (Pair, Need) {
    let (client, server) = (client(|_| {}), asking(keeping));
    if find {
        meet(&client, &server, &mut Caller::default());
    }
    let mut pair = pair(&client, &server);
    let need = pair.server.needs.pop().unwrap();
    (pair, need)
}

fn places() -> impl Iterator<Item = (Keeping, bool)> {
    [Keeping::AskTickets, Keeping::AskStore]
        .into_iter()
        .flat_map(|keeping| [false, true].map(|find| (keeping.clone(), find)))
}

#[test]
fn no_answer_ends_the_handshake() {
    for (keeping, find) in places() {
        for case in ["refused", "dropped", "late"] {
            let (mut pair, need) = at(keeping.clone(), find);
            let kind = need.kind();
            let (problem, alert) = match case {
                "refused" => {
                    refuse(need);
                    (NeedProblem::Refused("no".into()), Alert::GENERAL_ERROR)
                }
                "dropped" => {
                    drop(need);
                    (NeedProblem::Dropped, Alert::INTERNAL_ERROR)
                }
                _ => {
                    pair.server.connection.need_is_late();
                    (NeedProblem::Late, Alert::INTERNAL_ERROR)
                }
            };
            pair.settle();
            assert_eq!(pair.server.error, Some(Error::Need { kind, problem }), "{case}\n{}", pair.picture());
            assert_eq!(pair.client.error, Some(Error::Alert(alert)), "{case}\n{}", pair.picture());
        }
    }
}

fn refuse(need: Need) {
    match need {
        Need::SealTicket(need) => need.reply.refuse("no"),
        Need::OpenTicket(need) => need.reply.refuse("no"),
        Need::KeepSession(need) => need.reply.refuse("no"),
        Need::FindSession(need) => need.reply.refuse("no"),
        other => panic!("{other:?}"),
    }
}

/// A connection that is closed waits for no answer, and one that comes all the same changes nothing.
#[test]
fn cancelled_by_the_end() {
    for (keeping, find) in places() {
        let (mut pair, need) = at(keeping, find);
        pair.server.connection.close();
        pair.settle();
        assert_eq!(pair.server.error, Some(Error::Misuse(Misuse::Closed)));
        Caller::default().answer(need);
        pair.settle();
        assert_eq!(pair.server.error, Some(Error::Misuse(Misuse::Closed)));
    }
}
