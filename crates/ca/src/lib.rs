//! The certificate authority of one machine: a root that can vouch for nothing but the names it was made for,
//! an intermediate that does the daily work, and a server certificate for local names.
//!
//! A user who trusts such a root lends a key on his own disk the power to speak for every name the root
//! permits. So the root permits little: `localhost` with what lies below it (RFC 6761, 6.3), the loopback
//! addresses `127.0.0.0/8` and `::1`, and the names asked for when it was made. Names under `local` are not
//! among them: they belong to other devices on the network (RFC 6762, 3).
//!
//! ```
//! use bulla_ca::{Authority, Names};
//! use bulla_crypto::random::Source;
//! use bulla_store::DataFolder;
//! use rustls_pki_types::UnixTime;
//!
//! # let place = tempfile::tempdir()?;
//! # let path = place.path().join("bulla");
//! let folder = DataFolder::open(&path)?;
//! let names = Names::parse(["app.example.test"])?;
//! let now = UnixTime::now();
//! let authority = Authority::open_or_create(&folder, &names, now, &Source::system())?;
//! let issued = authority.issue(&names, now)?;
//! assert_eq!(issued.chain.len(), 2);
//!
//! // The root was not made for this name, and will never vouch for it.
//! let other = Names::parse(["example.org"])?;
//! assert!(authority.issue(&other, now).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | certificate  | key         | valid    | renewed when less is left than |
//! |--------------|-------------|----------|--------------------------------|
//! | root         | ECDSA P-256 | 10 years | never: a new one must be trusted anew |
//! | intermediate | ECDSA P-256 | 5 years  | a third                        |
//! | server       | ECDSA P-256 | 90 days  | a third                        |
//!
//! Each begins an hour before it is made, for clients whose clock is behind, and none outlives its issuer.

mod authority;
mod fault;
mod founding;
mod name;
mod pair;
mod profile;
mod root;
mod scope;

pub use authority::{Authority, Issued};
pub use fault::{AuthorityError, NewRoot};
pub use name::{Name, NameError, NameProblem, Names};
pub use root::Root;
pub use scope::Scope;
