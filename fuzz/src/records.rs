//! A connection against a peer that holds the keys and forges: any record, any message, at any time.

use bulla_tls::testing::{forge_bytes, forge_messages, forge_record};

use crate::fixture::Flags;
use crate::input::{Cuts, Input};
use crate::watched::{Outcome, Watched};

/// How many things happen in one run.
const MOST: usize = 64;

/// Three bytes of choices, then what the peer does; a flag makes the subject a client.
pub fn records(data: &[u8]) {
    let whole = play(data, None);
    let pieces = play(data, Some(Cuts::new(data.get(2).copied().unwrap_or(0))));
    assert_eq!(whole, pieces, "other pieces, another outcome");
}

fn play(data: &[u8], cuts: Option<Cuts>) -> Outcome {
    let mut input = Input::new(data);
    let flags = Flags(input.u16()).without(Flags::HYBRID);
    input.u8();
    let (client, server) = (Watched::new(flags.client()), Watched::new(flags.server()));
    let (subject, peer) = if flags.has(Flags::OWN) { (client, server) } else { (server, client) };
    let mut scene = Scene { subject, peer, cuts, honest: true, said: Vec::new() };
    scene.peer.given_up = true;
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        scene.act(&mut input);
    }
    scene.exchange();
    let Scene { subject, honest, said, .. } = scene;
    let outcome = subject.end();
    if honest {
        assert!(said.starts_with(&outcome.delivered), "not what was said");
    }
    outcome
}

struct Scene {
    subject: Watched,
    peer: Watched,
    cuts: Option<Cuts>,
    /// Whether nothing was forged yet.
    honest: bool,
    /// Application data that the peer sent.
    said: Vec<u8>,
}

impl Scene {
    /// Lets one thing happen.
    fn act(&mut self, input: &mut Input<'_>) {
        match input.u8() % 16 {
            0 => self.exchange(),
            1 => self.forge(input.u8(), input.chunk()),
            2 => self.forge(22, input.chunk()),
            3 => {
                // Content, type and padding in one: what the highest layer of protection hides.
                let (kind, zeros) = (input.u8(), usize::from(input.u8()));
                let inner = [input.chunk(), &[kind][..], &vec![0; zeros]].concat();
                self.forge(0, &inner);
            }
            4 => {
                self.honest = false;
                forge_bytes(&mut self.peer.connection, input.chunk());
            }
            5 => self.say(input.chunk()),
            6 => drop(self.peer.connection.update_keys(input.u8() & 1 != 0)),
            7 => self.peer.close(),
            8 => drop(self.subject.connection.send(input.chunk())),
            9 => drop(self.subject.connection.update_keys(input.u8() & 1 != 0)),
            10 => self.subject.close(),
            11 => {
                self.subject.connection.idle();
                self.peer.connection.idle();
            }
            12 => self.say(&vec![b'x'; usize::from(input.u16())]),
            13 => {
                // Around the greatest length: content, and the content type behind it.
                let length = (1 << 14) - 128 + usize::from(input.u16() % 512);
                self.forge(input.u8(), &vec![b'y'; length]);
            }
            14 => {
                let mut secret = [0; 32];
                drop(self.subject.connection.export_keying_material(b"label", None, &mut secret));
            }
            _ => {
                self.honest = false;
                forge_messages(&mut self.peer.connection, vec![input.chunk().to_vec()]);
            }
        }
    }

    fn forge(&mut self, kind: u8, content: &[u8]) {
        self.honest = false;
        drop(forge_record(&mut self.peer.connection, kind, content));
    }

    fn say(&mut self, data: &[u8]) {
        if let Ok(taken) = self.peer.connection.send(data) {
            self.said.extend_from_slice(&data[..taken]);
        }
    }

    /// Passes what waits, both ways, until nothing moves.
    fn exchange(&mut self) {
        loop {
            let from_peer = self.peer.run();
            let from_subject = self.subject.run();
            if from_peer.is_empty() && from_subject.is_empty() {
                return;
            }
            let answer = self.subject.receive(&from_peer, &mut self.cuts);
            self.peer.receive(&[from_subject, answer].concat(), &mut None);
        }
    }
}
