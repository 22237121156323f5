//! What path validation asks of a certificate beyond what people ask of it.

use super::{Certificate, extensions::Places};
use crate::{
    model::{
        algorithm::{AlgorithmIdentifier, RsaPublicKey},
        general_name::GeneralName,
        list::List,
        oid,
        revocation::DistributionPoint,
    },
    name::DistinguishedName,
};

impl<'a> Certificate<'a> {
    /// The extensions that are small or only asked whether they are there and critical.
    pub(crate) fn places(&self) -> &Places {
        &self.layout.known
    }

    /// Whether one of the unique identifiers of RFC 5280 section 4.1.2.8 is there.
    pub(crate) fn has_unique_identifiers(&self) -> bool {
        self.layout.unique_identifiers
    }

    /// RFC 5280 section 4.1.2.5: dates through 2049 are UTCTime, later ones GeneralizedTime.
    pub(crate) fn has_right_time_forms(&self) -> bool {
        self.layout.right_time_forms
    }

    /// The algorithm of its key.
    pub(crate) fn key_algorithm(&self) -> AlgorithmIdentifier<'a> {
        self.key_info().algorithm
    }

    /// The key, when its bytes are an RSA key.
    pub(crate) fn rsa_key(&self) -> Option<RsaPublicKey<'a>> {
        let info = self.key_info();
        let is_rsa = matches!(info.algorithm.algorithm, oid::RSA_ENCRYPTION | oid::RSA_PSS);
        info.key.filter(|_| is_rsa).and_then(|key| asn1::parse_single(key).ok())
    }

    /// The places where its issuer says that revocation lists are found (RFC 5280 section 4.2.1.13); none when there is
    /// no such extension or it does not parse.
    pub(crate) fn list_places(&self) -> impl Iterator<Item = DistributionPoint<'a>> + use<'a> {
        let extension = self.raw_extensions().find(|known| known.id == oid::CRL_DISTRIBUTION_POINTS);
        let points = extension
            .and_then(|known| asn1::parse_single::<List<'a, DistributionPoint<'a>, 1>>(known.value).ok());
        points.map(|points| points.iter()).into_iter().flatten()
    }

    /// Who signs the lists that it may be on, where that is not its issuer (`cRLIssuer` of RFC 5280 section 4.2.1.13).
    pub fn list_issuers(&self) -> impl Iterator<Item = DistinguishedName<'a>> + use<'a> {
        let names = self.list_places().filter_map(|place| place.issuer);
        names.flat_map(|names| names.iter()).filter_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        })
    }

    /// Whether the basic constraints call it an authority.
    pub(crate) fn is_authority(&self) -> bool {
        self.basic_constraints().is_some_and(|basic| basic.authority)
    }

    /// Whether the issuer's signature could be by the certificate's own key, as far as names and identifiers tell.
    pub(crate) fn names_itself_as_issuer(&self) -> bool {
        let (own, issuer) = (self.subject_key_identifier(), self.authority_key_identifier());
        self.is_self_issued() && (own.is_none() || issuer.is_none() || own == issuer)
    }
}
