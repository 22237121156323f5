//! Streams over unkind transports: no wake-up is lost, nothing is corrupted, everything ends.

use std::io;

use bulla_testkit::authority::server_name;
use bulla_tokio::{TlsAcceptor, TlsConnector, TlsStream};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};

use crate::ends::{acceptor, connector, pattern};
use crate::wire::{Act, End, Script, Task, Wire, run, run_in_order, run_until, task};

/// Without a time limit, and so without a runtime.
fn plain() -> (TlsConnector, TlsAcceptor) {
    (connector().with_handshake_limit(None), acceptor().with_handshake_limit(None))
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(9846),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![2 => Just(Act::Whole), 3 => (1usize..600).prop_map(Act::Short), 2 => Just(Act::Later)]
}

/// A script in which something always moves.
fn script() -> impl Strategy<Value = Script> {
    prop::collection::vec(act(), 0..12).prop_map(|mut acts| {
        acts.push(Act::Whole);
        Script(acts)
    })
}

/// A script that fails at some place.
fn failing() -> impl Strategy<Value = Script> {
    prop::collection::vec(act(), 0..60).prop_map(|mut acts| {
        acts.push(Act::Whole);
        acts.push(Act::Fail);
        Script(acts)
    })
}

/// The transport's scripts: the client's two, then the server's.
type Scripts = [Script; 4];

fn scripts() -> impl Strategy<Value = Scripts> {
    [script(), script(), script(), script()]
}

fn wire(room: usize, [a, b, c, d]: Scripts) -> (Wire, End, End) {
    let (wire, client, server) = Wire::new(room);
    (wire, client.with(a, b), server.with(c, d))
}

fn joined(room: usize, scripts: Scripts) -> (Wire, TlsStream<End>, TlsStream<End>) {
    let (wire, client, server) = wire(room, scripts);
    let (connector, acceptor) = plain();
    let client = connector.connect(server_name(), client);
    let mut streams = run(&wire, vec![task(client), task(acceptor.accept(server))]).into_iter();
    let mut next = || streams.next().unwrap().unwrap();
    let (client, server) = (next(), next());
    (wire, client, server)
}

/// Sends `length` bytes in parts and closes.
async fn send(mut to: impl AsyncWriteExt + Unpin, length: usize, part: usize) -> io::Result<Vec<u8>> {
    for part in pattern(length).chunks(part) {
        to.write_all(part).await?;
    }
    to.shutdown().await?;
    Ok(Vec::new())
}

async fn receive(mut from: impl AsyncReadExt + Unpin) -> io::Result<Vec<u8>> {
    let mut received = Vec::new();
    from.read_to_end(&mut received).await?;
    Ok(received)
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn halves_in_tasks_of_their_own_never_sleep_for_ever(
        room in 1usize..3000, scripts in scripts(), length in 1usize..30_000, part in 1usize..20_000,
        seed in any::<u64>(),
    ) {
        let (wire, client, server) = joined(room, scripts.clone());
        let (client, server) = (split(client), split(server));
        let tasks: Vec<Task<'_, _>> = vec![
            task(send(client.1, length, part)),
            task(send(server.1, length, part)),
            task(receive(client.0)),
            task(receive(server.0)),
        ];
        let results: Vec<_> = run_in_order(&wire, tasks, seed).into_iter().map(Result::unwrap).collect();
        prop_assert!(results[2] == pattern(length) && results[3] == pattern(length));

        let (wire, client, server) = joined(room, scripts);
        let (client, server) = (client.into_split(), server.into_split());
        let tasks: Vec<Task<'_, _>> = vec![
            task(receive(client.0)),
            task(send(client.1, length, part)),
            task(receive(server.0)),
            task(send(server.1, length, part)),
        ];
        let results: Vec<_> = run_in_order(&wire, tasks, seed).into_iter().map(Result::unwrap).collect();
        prop_assert!(results[0] == pattern(length) && results[2] == pattern(length));
    }

    /// A server that copies what it reads to what it writes, in one task, and a client that sends and
    /// receives in two: each may be blocked by the other's full buffers at any time.
    #[test]
    fn an_echo_never_sleeps_for_ever(
        room in 1usize..3000, scripts in scripts(), length in 1usize..40_000, own in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let (wire, client, server) = joined(room, scripts);
        let (from, to) = client.into_split();
        let echo = async move {
            if own {
                let (mut from, mut to) = server.into_split();
                tokio::io::copy(&mut from, &mut to).await?;
                to.shutdown().await?;
            } else {
                let (mut from, mut to) = split(server);
                tokio::io::copy(&mut from, &mut to).await?;
                to.shutdown().await?;
            }
            Ok(Vec::new())
        };
        let tasks: Vec<Task<'_, _>> = vec![task(echo), task(send(to, length, 9000)), task(receive(from))];
        let results: Vec<_> = run_in_order(&wire, tasks, seed).into_iter().map(Result::unwrap).collect();
        prop_assert!(results[2] == pattern(length));
    }

    #[test]
    fn one_task_a_side_asks_and_answers(room in 1usize..300, scripts in scripts(), length in 1usize..20_000) {
        let (wire, mut client, mut server) = joined(room, scripts);
        let ask = async {
            // Not flushed: reading sends the rest.
            let (data, mut sent) = (pattern(length), 0);
            while sent < length {
                sent += client.write(&data[sent..]).await?;
            }
            let mut answer = vec![0; length];
            client.read_exact(&mut answer).await?;
            client.shutdown().await?;
            io::Result::Ok(answer)
        };
        let answer = async {
            let mut question = vec![0; length];
            server.read_exact(&mut question).await?;
            server.write_all(&question).await?;
            server.flush().await?;
            receive(&mut server).await
        };
        let results: Vec<_> = run(&wire, vec![task(ask), task(answer)]).into_iter().map(Result::unwrap).collect();
        prop_assert!(results[0] == pattern(length) && results[1].is_empty());
    }

    #[test]
    fn a_transport_that_fails_ends_everything(
        room in 1usize..3000, scripts in scripts(), failing in failing(), place in 0usize..4,
    ) {
        let mut scripts = scripts;
        scripts[place] = failing;
        let (wire, client, server) = wire(room, scripts);
        let (connector, acceptor) = plain();
        let client = async { exchange(connector.connect(server_name(), client).await?, BEYOND_SCRIPTS).await };
        let server = async { exchange(acceptor.accept(server).await?, BEYOND_SCRIPTS).await };
        let results = run(&wire, vec![task(client), task(server)]);
        prop_assert!(results.iter().any(Result::is_err));
        for received in results.into_iter().flatten() {
            prop_assert!(received == pattern(BEYOND_SCRIPTS));
        }
    }
}

/// More than the longest script moves before it fails: 61 calls of less than 3000 bytes.
const BEYOND_SCRIPTS: usize = 200_000;

const EXCHANGED: usize = 50_000;

/// Sends and receives at the same time.
async fn exchange(stream: TlsStream<End>, length: usize) -> io::Result<Vec<u8>> {
    let (from, to) = split(stream);
    tokio::try_join!(receive(from), send(to, length, 7000)).map(|(received, _)| received)
}

#[test]
fn either_side_may_be_dropped_at_any_poll() {
    for dropped in ["client", "server"] {
        let mut polls = 0;
        while !survives_drop(dropped, polls) {
            polls += 1;
        }
        assert!(polls > 20, "{dropped}: only {polls} polls to drop it at");
    }
}

/// Drops one side after so many polls: the other must end. True if it was done before that.
fn survives_drop(dropped: &str, polls: usize) -> bool {
    let (wire, client, server) = Wire::new(600);
    let (connector, acceptor) = plain();
    let client = async { exchange(connector.connect(server_name(), client).await?, EXCHANGED).await };
    let server = async { exchange(acceptor.accept(server).await?, EXCHANGED).await };
    let mut tasks: Vec<Task<'_, _>> = vec![task(client), task(server)];
    if dropped == "server" {
        tasks.reverse();
    }
    let results = run_until(&wire, tasks, Some(polls));
    let [first, Some(other)] = &results[..] else { panic!("the other side did not end") };
    // A peer that is gone is an error, unless all had been said.
    assert!(first.is_some() || other.is_err() || other.as_ref().unwrap() == &pattern(EXCHANGED));
    first.is_some()
}
