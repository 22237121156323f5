//! How a connection ends (RFC 9846 section 6): closing alerts, error alerts, and none at all.

use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::record::clear;
use bulla_tls::registry::{AlertDescription as Alert, ContentType as Type, HandshakeType as Kind};
use bulla_tls::{Error, Misuse, Step};

use super::rule::{at_client, at_server, honest, plain, replace, session};

fn alert(level: u8, description: Alert) -> Out {
    Out::Record(Type::ALERT, vec![level, description.0])
}

#[test]
fn user_canceled_and_then_close_notify() {
    for subject_is_server in [true, false] {
        let mut scene = session(subject_is_server);
        scene.say([alert(1, Alert::USER_CANCELED)]);
        assert!(!scene.subject.closed && scene.subject.error.is_none(), "{}", scene.picture());
        scene.say([Out::Record(Type::APPLICATION_DATA, b"still".to_vec()), alert(1, Alert::CLOSE_NOTIFY)]);
        assert!(scene.subject.closed && scene.subject.error.is_none(), "{}", scene.picture());
        assert_eq!(scene.subject.delivered, b"still");
    }
}

/// During the handshake it is no session, and so close_notify is the end of it.
#[test]
fn user_canceled_in_the_handshake() {
    let cancel = |_| {
        vec![
            Out::Raw(clear(Type::ALERT, &[1, Alert::USER_CANCELED.0])),
            Out::Raw(clear(Type::ALERT, &[1, 0])),
        ]
    };
    for (kind, scene) in [
        (Kind::CLIENT_HELLO, at_server as fn(fn(&mut super::rule::Configs), _) -> Scene),
        (Kind::SERVER_HELLO, at_client as _),
    ] {
        let mut scene = scene(plain, replace(kind, 1, cancel));
        scene.settle();
        assert_eq!(scene.subject.error, Some(Error::Alert(Alert::CLOSE_NOTIFY)), "{}", scene.picture());
        assert!(!scene.subject.established && scene.actor.alerts().is_empty());
    }
}

/// A caller's alert is fatal, comes after what was sent, and is the last word; after a closing word there is none.
#[test]
fn a_callers_own_alert() {
    for subject_is_server in [true, false] {
        let mut scene = session(subject_is_server);
        scene.subject.connection.send(b"you may not").unwrap();
        scene.subject.connection.abort(Alert::ACCESS_DENIED);
        scene.subject.connection.abort(Alert::INTERNAL_ERROR);
        scene.settle();
        let picture = scene.picture();
        assert_eq!(scene.subject.error, Some(Error::Aborted(Alert::ACCESS_DENIED)), "{picture}");
        assert_eq!(scene.actor.alerts(), [Alert::ACCESS_DENIED], "{picture}");
        assert!(scene.subject.connection.send(b"more").is_err());

        let mut scene = session(subject_is_server);
        scene.subject.connection.close();
        scene.subject.connection.abort(Alert::ACCESS_DENIED);
        scene.settle();
        assert_eq!(scene.actor.alerts(), [Alert::CLOSE_NOTIFY], "{}", scene.picture());
    }
}

/// RFC 9846 section 6.2: unknown alerts are error alerts, and the level says nothing.
#[test]
fn error_alerts_end_the_connection_at_once() {
    for description in [Alert(200), Alert(41), Alert::INTERNAL_ERROR, Alert::HANDSHAKE_FAILURE, Alert(100)] {
        for level in [0, 1, 2, 255] {
            let mut scene = session(true);
            scene.say([alert(level, description), Out::Record(Type::APPLICATION_DATA, b"late".to_vec())]);
            assert_eq!(scene.subject.error, Some(Error::Alert(description)), "{}", scene.picture());
            assert!(scene.actor.alerts().is_empty(), "an alert is not answered");
            assert!(scene.subject.delivered.is_empty());
        }
    }
}

#[test]
fn a_refused_hello_is_reported_as_told() {
    let refuse = |_| vec![Out::Raw(clear(Type::ALERT, &[2, Alert::HANDSHAKE_FAILURE.0]))];
    let mut scene = at_client(plain, replace(Kind::SERVER_HELLO, 1, refuse));
    scene.settle();
    assert_eq!(scene.subject.error, Some(Error::Alert(Alert::HANDSHAKE_FAILURE)));
    assert!(!scene.subject.established);
}

/// A server that fails before it has read a protected record may learn of it in the clear.
#[test]
fn a_client_may_refuse_the_servers_hello_in_the_clear() {
    let mut scene = at_server(plain, honest());
    let hello = scene.actor.run();
    scene.subject.receive(&hello, usize::MAX);
    scene.subject.receive(&clear(Type::ALERT, &[2, Alert::ILLEGAL_PARAMETER.0]), usize::MAX);
    assert_eq!(scene.subject.error, Some(Error::Alert(Alert::ILLEGAL_PARAMETER)), "{}", scene.picture());
}

/// RFC 9846 section 6.1: Any data received after a closure alert MUST be ignored.
#[test]
fn what_comes_after_close_notify_is_ignored() {
    let mut scene = session(false);
    scene.say([alert(1, Alert::CLOSE_NOTIFY), Out::Record(Type::APPLICATION_DATA, b"late".to_vec())]);
    scene.subject.closed = false;
    scene.say([Out::Raw(vec![0xff; 100])]);
    assert!(scene.subject.closed && scene.subject.error.is_none(), "{}", scene.picture());
    assert!(scene.subject.delivered.is_empty());
    scene.subject.connection.end_of_input();
    assert!(scene.subject.connection.error().is_none());
}

/// The peer's end is known while what we have to send still waits.
#[test]
fn the_peers_close_is_known_before_our_output_drains() {
    for subject_is_server in [true, false] {
        let mut scene = session(subject_is_server);
        assert!(!scene.subject.connection.peer_has_closed());
        scene.subject.connection.send(b"an answer that nobody takes").unwrap();
        let closing = scene.actor.say([alert(1, Alert::CLOSE_NOTIFY)]);
        let connection = &mut scene.subject.connection;
        connection.read_slot()[..closing.len()].copy_from_slice(&closing);
        connection.advance(closing.len()).unwrap();
        assert!(!connection.peer_has_closed(), "not yet taken in");
        assert!(matches!(connection.step(), Ok(Step::Transmit(_))));
        assert!(connection.peer_has_closed());
        let waiting = connection.output().len();
        connection.transmitted(waiting).unwrap();
        assert!(matches!(connection.step(), Ok(Step::Closed)));
    }
}

#[test]
fn an_end_without_close_notify_is_a_truncation() {
    for subject_is_server in [true, false] {
        let mut scene = session(subject_is_server);
        scene.subject.connection.end_of_input();
        scene.settle();
        assert_eq!(scene.subject.error, Some(Error::Truncated));
        assert!(scene.actor.alerts().is_empty(), "nobody is there to hear one");
    }
    let mut scene = at_client(plain, honest());
    scene.subject.run();
    scene.subject.connection.end_of_input();
    scene.subject.run();
    assert_eq!(scene.subject.error, Some(Error::Truncated));
}

/// Data that stood before the end is delivered, cut or not.
#[test]
fn data_before_a_truncation_is_delivered() {
    let mut scene = session(false);
    scene
        .say([Out::Record(Type::APPLICATION_DATA, b"whole".to_vec()), Out::Raw(vec![23, 3, 3, 0, 99, 1, 2])]);
    scene.subject.connection.end_of_input();
    scene.settle();
    assert_eq!(
        (&scene.subject.delivered[..], &scene.subject.error),
        (&b"whole"[..], &Some(Error::Truncated))
    );
}

#[test]
fn closing_in_the_handshake_cancels() {
    let mut scene = at_server(plain, honest());
    let hello = scene.actor.run();
    let flight = scene.subject.receive(&hello, usize::MAX);
    scene.subject.connection.close();
    let goodbye = scene.subject.run();
    scene.actor.receive(&[flight, goodbye].concat());
    assert_eq!(scene.actor.alerts(), [Alert::USER_CANCELED, Alert::CLOSE_NOTIFY], "{}", scene.picture());
    // RFC 9846 section 6.1: close_notify MUST be sent with AlertLevel=warning, user_canceled generally.
    let alerts = scene.actor.received.iter().filter(|(kind, _)| *kind == Type::ALERT);
    assert!(alerts.clone().all(|(_, content)| content[0] == 1));
    assert_eq!(scene.subject.error, Some(Error::Misuse(Misuse::Closed)));
}

#[test]
fn closing_twice_says_it_once() {
    let mut scene = session(true);
    scene.subject.connection.close();
    scene.subject.connection.close();
    scene.settle();
    assert_eq!(scene.actor.alerts(), [Alert::CLOSE_NOTIFY]);
    assert_eq!(scene.subject.connection.send(b"x"), Err(Misuse::Closed.into()));
    assert_eq!(scene.subject.connection.update_keys(true), Err(Misuse::Closed.into()));
    assert!(matches!(scene.subject.connection.step(), Ok(Step::NeedBytes)), "receiving goes on");
}

#[test]
fn what_a_caller_cannot_do() {
    let mut scene = at_server(plain, honest());
    let connection = &mut scene.subject.connection;
    assert_eq!(connection.send(b"early"), Err(Misuse::NotEstablished.into()));
    assert_eq!(connection.update_keys(false), Err(Misuse::NotEstablished.into()));
    assert_eq!(
        connection.export_keying_material(b"x", None, &mut [0; 8]),
        Err(Misuse::NotEstablished.into())
    );
    assert_eq!(connection.transmitted(1), Err(Misuse::TooManyBytes.into()));
    assert_eq!(connection.consume(1), Err(Misuse::TooManyBytes.into()));
    let room = connection.read_slot().len();
    assert_eq!(connection.advance(room + 1), Err(Misuse::TooManyBytes.into()));
    // A mistake of the caller's ends nothing.
    scene.settle();
    assert!(scene.subject.established, "{}", scene.picture());
    let connection = &mut scene.subject.connection;
    let too_long = Err(Misuse::Exporter.into());
    assert_eq!(connection.export_keying_material(&[b'x'; 250], None, &mut [0; 8]), too_long);
    assert_eq!(connection.export_keying_material(b"x", None, &mut [0; 255 * 32 + 1]), too_long);
    assert_eq!(connection.export_keying_material(&[b'x'; 249], None, &mut [0; 255 * 32]), Ok(()));
}
