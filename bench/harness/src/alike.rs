//! Refuses to compare unlike things.

use bench_peer::case::{Resumption, Session};
use bench_peer::fault::Fault;
use bench_peer::order::{Flights, Trial};

/// How many bytes one library's hello may have more than another's: extensions differ, all else may not.
const HELLO_DIFFERENCE: usize = 256;

/// How many bytes a server's flight may differ by: its extensions, and the length of an ECDSA signature.
const FLIGHT_DIFFERENCE: usize = 64;

/// How many bytes more where a ticket is in it: what a ticket holds is the library's own affair.
const TICKET_DIFFERENCE: usize = 256;

/// Whether every trial agreed on what the session asks for, and sent the same bytes as the first.
pub(crate) fn check(session: Session, trials: &[(&str, Trial)]) -> Result<(), Fault> {
    let mut libraries = trials.iter().filter(|(_, trial)| trial.agreed.is_some());
    let Some((first_name, first)) = libraries.next() else {
        return Err(Fault::new("no library took part"));
    };
    for (name, trial) in trials {
        let differs = |what: &str| {
            Fault::new(format!(
                "{name} and {first_name} do not do the same: {what} differs\n  {name}: {trial:?}\n  \
                 {first_name}: {first:?}"
            ))
        };
        agreed(session, trial).map_err(&differs)?;
        if trial.agreed.is_some() && !session.resumes() && chains(trial) != chains(first) {
            return Err(differs("the chain of certificates"));
        }
        if trial.sealed != first.sealed {
            return Err(differs("the bytes of a write on the wire"));
        }
        flights(session, trial.flights, first.flights).map_err(differs)?;
    }
    Ok(())
}

fn agreed(session: Session, trial: &Trial) -> Result<(), &'static str> {
    let Some(agreed) = &trial.agreed else { return Ok(()) };
    let rules = [
        ("the version", agreed.version == session.version.id()),
        ("the suite", agreed.suite == session.suite_id()),
        ("the group", !session.exchanges() || agreed.group == Some(session.group.id())),
        ("the signature", session.resumes() || agreed.signature == Some(session.kind.signature())),
        ("resumption", agreed.resumed == session.resumes()),
        ("the client's certificate", agreed.client_chain.is_some() == session.mutual),
    ];
    rules.into_iter().find(|(_, holds)| !holds).map_or(Ok(()), |(what, _)| Err(what))
}

fn chains(trial: &Trial) -> Option<(Option<u64>, Option<u64>)> {
    trial.agreed.as_ref().map(|agreed| (agreed.chain, agreed.client_chain))
}

fn flights(session: Session, one: Flights, other: Flights) -> Result<(), &'static str> {
    let ticket = if session.resumption == Resumption::Ticket { TICKET_DIFFERENCE } else { 0 };
    let signature = if session.mutual { FLIGHT_DIFFERENCE } else { 0 };
    let rules = [
        ("the length of the client's hello", one.hello, other.hello, HELLO_DIFFERENCE + ticket),
        ("the length of the server's flight", one.server, other.server, FLIGHT_DIFFERENCE + ticket),
        ("the length of the client's end", one.finished, other.finished, signature),
        ("the length of the server's end", one.last, other.last, ticket),
    ];
    let wrong = rules.into_iter().find(|(_, one, other, most)| one.abs_diff(*other) > *most);
    wrong.map_or(Ok(()), |(what, ..)| Err(what))
}

#[cfg(test)]
mod tests {
    use bench_peer::case::{Group, Kind, Suite};
    use bench_peer::order::Agreed;

    use super::*;

    const SESSION: Session = Session::full(Suite::Aes128Gcm, Group::X25519, Kind::EcdsaP256);

    fn trial() -> Trial {
        let agreed = Agreed {
            version: 0x0304,
            suite: 0x1301,
            group: Some(29),
            signature: Some(0x0403),
            resumed: false,
            chain: Some(7),
            client_chain: None,
        };
        let flights = Flights { hello: 200, server: 1400, finished: 64, last: 0 };
        Trial { agreed: Some(agreed), flights, sealed: 65_624 }
    }

    fn refusal(change: impl Fn(&mut Agreed, &mut Trial)) -> String {
        let mut other = trial();
        let mut agreed = other.agreed.take().unwrap();
        change(&mut agreed, &mut other);
        other.agreed = Some(agreed);
        let refused = check(SESSION, &[("bulla", trial()), ("other", other)]);
        refused.err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_same_is_compared() {
        assert_eq!(refusal(|_, _| {}), "");
        assert_eq!(refusal(|_, trial| trial.flights.hello += 100), "");
        let floor = Trial { agreed: None, ..trial() };
        assert!(check(SESSION, &[("bulla", trial()), ("floor", floor)]).is_ok());
    }

    #[test]
    fn each_difference_is_refused_by_name() {
        assert!(refusal(|agreed, _| agreed.version = 0x0303).contains("the version differs"));
        assert!(refusal(|agreed, _| agreed.suite = 0x1302).contains("the suite differs"));
        assert!(refusal(|agreed, _| agreed.group = Some(4588)).contains("the group differs"));
        assert!(refusal(|agreed, _| agreed.signature = Some(0x0804)).contains("the signature differs"));
        assert!(refusal(|agreed, _| agreed.resumed = true).contains("resumption differs"));
        assert!(refusal(|agreed, _| agreed.chain = Some(8)).contains("the chain of certificates differs"));
        assert!(refusal(|_, trial| trial.sealed += 22).contains("the bytes of a write"));
        assert!(refusal(|_, trial| trial.flights.hello += 257).contains("the client's hello"));
        assert!(refusal(|_, trial| trial.flights.server += 65).contains("the server's flight"));
        assert!(refusal(|agreed, _| agreed.client_chain = Some(8)).contains("the client's certificate"));
        assert!(refusal(|_, trial| trial.flights.last += 1).contains("the server's end"));
        assert!(refusal(|_, trial| trial.flights.finished += 1).contains("the client's end"));
    }

    #[test]
    fn what_all_do_but_nobody_asked_for_is_refused() {
        let other = Session { suite: Suite::Aes256Gcm, ..SESSION };
        assert!(check(other, &[("bulla", trial()), ("other", trial())]).is_err());
    }
}
