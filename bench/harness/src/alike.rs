//! Refuses to compare unlike things.

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::order::{Flights, Trial};

/// How many bytes one library's hello may have more than another's: extensions differ, all else may not.
const HELLO_DIFFERENCE: usize = 256;

/// How many bytes a server's flight may differ by: its extensions, and the length of an ECDSA signature.
const FLIGHT_DIFFERENCE: usize = 64;

/// The version of the protocol in every case so far.
const TLS_1_3: u16 = 0x0304;

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
        if trial.agreed.is_some() && chain(trial) != chain(first) {
            return Err(differs("the chain of certificates"));
        }
        if trial.sealed != first.sealed {
            return Err(differs("the bytes of a write on the wire"));
        }
        flights(trial.flights, first.flights).map_err(differs)?;
    }
    Ok(())
}

fn agreed(session: Session, trial: &Trial) -> Result<(), &'static str> {
    let Some(agreed) = &trial.agreed else { return Ok(()) };
    let rules = [
        ("the version", agreed.version == TLS_1_3),
        ("the suite", agreed.suite == session.suite.id()),
        ("the group", agreed.group == session.group.id()),
        ("the signature", agreed.signature == Some(session.kind.signature())),
        ("resumption", !agreed.resumed),
    ];
    rules.into_iter().find(|(_, holds)| !holds).map_or(Ok(()), |(what, _)| Err(what))
}

fn chain(trial: &Trial) -> Option<u64> {
    trial.agreed.as_ref().and_then(|agreed| agreed.chain)
}

fn flights(one: Flights, other: Flights) -> Result<(), &'static str> {
    if one.hello.abs_diff(other.hello) > HELLO_DIFFERENCE {
        return Err("the length of the client's hello");
    }
    if one.server.abs_diff(other.server) > FLIGHT_DIFFERENCE {
        return Err("the length of the server's flight");
    }
    if one.finished != other.finished {
        return Err("the length of the client's end");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bench_peer::case::{Group, Kind, Suite};
    use bench_peer::order::Agreed;

    use super::*;

    const SESSION: Session = Session { suite: Suite::Aes128Gcm, group: Group::X25519, kind: Kind::EcdsaP256 };

    fn trial() -> Trial {
        let agreed = Agreed {
            version: TLS_1_3,
            suite: 0x1301,
            group: 29,
            signature: Some(0x0403),
            resumed: false,
            chain: Some(7),
        };
        let flights = Flights { hello: 200, server: 1400, finished: 64 };
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
        assert!(refusal(|agreed, _| agreed.group = 4588).contains("the group differs"));
        assert!(refusal(|agreed, _| agreed.signature = Some(0x0804)).contains("the signature differs"));
        assert!(refusal(|agreed, _| agreed.resumed = true).contains("resumption differs"));
        assert!(refusal(|agreed, _| agreed.chain = Some(8)).contains("the chain of certificates differs"));
        assert!(refusal(|_, trial| trial.sealed += 22).contains("the bytes of a write"));
        assert!(refusal(|_, trial| trial.flights.hello += 257).contains("the client's hello"));
        assert!(refusal(|_, trial| trial.flights.server += 65).contains("the server's flight"));
        assert!(refusal(|_, trial| trial.flights.finished += 1).contains("the client's end"));
    }

    #[test]
    fn what_all_do_but_nobody_asked_for_is_refused() {
        let other = Session { suite: Suite::Aes256Gcm, ..SESSION };
        assert!(check(other, &[("bulla", trial()), ("other", trial())]).is_err());
    }
}
