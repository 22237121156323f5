//! Each rule, shown by a chain that breaks it and nothing more important, and its mend, applied and then accepted.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test")]

mod cases;
mod der;
mod lists;
mod world;

use bulla_x509::verdict::Rule;
use cases::Mend;
use std::collections::HashSet;
use world::World;

#[test]
fn the_sound_world_is_trusted() {
    let (verdict, verified) = World::sound().judge();
    assert!(verdict.is_trusted(), "{}", verdict.failure.unwrap());
    verified.unwrap();
}

#[test]
fn each_rule_is_broken_by_its_chain_and_mended_by_its_mend() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let mut world = World::sound();
        (case.broken)(&mut world);
        let (verdict, verified) = world.judge();
        let found = verdict.failure.as_ref().map(|failure| (failure.rule, failure.link));
        if found != Some((case.rule, case.link)) {
            let said = verdict.failure.map(|failure| failure.to_string());
            wrong.push(format!(
                "{} at {}: found {said:?} at {:?}",
                case.rule,
                case.link,
                found.map(|it| it.1)
            ));
            continue;
        }
        let failure = verdict.failure.unwrap();
        assert!(!failure.detail.is_empty() && !failure.mend.is_empty(), "{failure}");
        assert_eq!(verified.err().map(|failure| failure.rule), Some(case.rule), "the quick check");
        match case.mend {
            Mend::Anew => world = World::sound(),
            Mend::By(mend) => mend(&mut world),
        }
        let (verdict, verified) = world.judge();
        if let Some(failure) = verdict.failure {
            wrong.push(format!("{}: mended, but refused: {failure}", case.rule));
        } else if let Err(failure) = verified {
            wrong.push(format!("{}: mended, but refused by the quick check: {failure}", case.rule));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What no chain breaks: rules of whoever judges by more than `judge`.
const OF_OTHERS: [Rule; 2] = [Rule::BadStatus, Rule::Refused];

#[test]
fn every_rule_is_shown_once() {
    let shown: Vec<Rule> = cases::all().into_iter().map(|case| case.rule).collect();
    let missing: Vec<Rule> = Rule::ALL.iter().copied().filter(|rule| !shown.contains(rule)).collect();
    assert!(missing == OF_OTHERS, "not shown: {missing:?}");
    assert_eq!(shown.len(), shown.iter().collect::<HashSet<_>>().len());
    assert!(shown.len() >= 60, "{} rules", shown.len());
}
