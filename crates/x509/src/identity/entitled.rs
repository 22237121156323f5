//! Which anchors may say what: facts about Mozilla's root program.

use crate::{certificate::Certificate, model::oid};
use asn1::{ObjectIdentifier, oid};

/// A root by the first eight bytes of the SHA-256 of its certificate, which tell the roots of the program apart, and the
/// policy by which its authority marked extended validation before that of the CA/Browser Forum.
type Entitled = (u64, Option<ObjectIdentifier>);

/// The roots that Firefox takes extended validation from (`ExtendedValidation.cpp` of mozilla-central, 2025). The list
/// is of roots past and present; those of the program count.
const ENTITLED: &[Entitled] = &[
    // SwissSign Gold CA - G2
    (0x62dd_0be9_b9f5_0a16, Some(oid!(2, 16, 756, 1, 89, 1, 2, 1, 1))),
    // XRamp Global
    (0xcecd_dc90_5099_d8da, Some(oid!(2, 16, 840, 1, 114404, 1, 1, 2, 4, 1))),
    // SecureTrust CA
    (0xf1c1_b50a_e5a2_0dd8, Some(oid!(2, 16, 840, 1, 114404, 1, 1, 2, 4, 1))),
    // Secure Global CA
    (0x4200_f504_3ac8_590e, Some(oid!(2, 16, 840, 1, 114404, 1, 1, 2, 4, 1))),
    // COMODO ECC
    (0x1793_927a_0614_5497, Some(oid!(1, 3, 6, 1, 4, 1, 6449, 1, 2, 1, 5, 1))),
    // COMODO
    (0x0c2c_d63d_f780_6fa3, Some(oid!(1, 3, 6, 1, 4, 1, 6449, 1, 2, 1, 5, 1))),
    // Go Daddy Class 2
    (0xc384_6bf2_4b9e_93ca, Some(oid!(2, 16, 840, 1, 114413, 1, 7, 23, 3))),
    // Go Daddy G2
    (0x4514_0b32_47eb_9cc8, Some(oid!(2, 16, 840, 1, 114413, 1, 7, 23, 3))),
    // Starfield Class 2
    (0x1465_fa20_5397_b876, Some(oid!(2, 16, 840, 1, 114414, 1, 7, 23, 3))),
    // Starfield G2
    (0x2ce1_cb0b_f9d2_f9e1, Some(oid!(2, 16, 840, 1, 114414, 1, 7, 23, 3))),
    // DigiCert High Assurance EV
    (0x7431_e5f4_c3c1_ce46, Some(oid!(2, 16, 840, 1, 114412, 2, 1))),
    // QuoVadis 2
    (0x85a0_dd7d_d720_adb7, Some(oid!(1, 3, 6, 1, 4, 1, 8024, 0, 2, 100, 1, 2))),
    // Entrust
    (0x73c1_7643_4f1b_c6d5, Some(oid!(2, 16, 840, 1, 114028, 10, 1, 2))),
    // Entrust G4
    (0xdb35_17d1_f673_2a2d, Some(oid!(2, 16, 840, 1, 114028, 10, 1, 2))),
    // GlobalSign
    (0xebd4_1040_e4bb_3ec7, None),
    // GlobalSign R3
    (0xcbb5_22d7_b7f1_27ad, None),
    // Buypass Class 3
    (0xedf7_ebbc_a27a_2a38, Some(oid!(2, 16, 578, 1, 26, 1, 3, 3))),
    // AffirmTrust Commercial
    (0x0376_ab1d_54c5_f980, Some(oid!(1, 3, 6, 1, 4, 1, 34697, 2, 1))),
    // AffirmTrust Networking
    (0x0a81_ec5a_9297_77f1, Some(oid!(1, 3, 6, 1, 4, 1, 34697, 2, 2))),
    // AffirmTrust Premium
    (0x70a7_3f7f_376b_6007, Some(oid!(1, 3, 6, 1, 4, 1, 34697, 2, 3))),
    // AffirmTrust Premium ECC
    (0xbd71_fdf6_da97_e4cf, Some(oid!(1, 3, 6, 1, 4, 1, 34697, 2, 4))),
    // Certum Trusted Network
    (0x5c58_468d_55f5_8e49, Some(oid!(1, 2, 616, 1, 113527, 2, 5, 1, 1))),
    // Certum Trusted Network 2
    (0xb676_f2ed_dae8_775c, Some(oid!(1, 2, 616, 1, 113527, 2, 5, 1, 1))),
    // Izenpe
    (0x2530_cc8e_9832_1502, Some(oid!(1, 3, 6, 1, 4, 1, 14777, 6, 1, 1))),
    // Izenpe
    (0x2530_cc8e_9832_1502, Some(oid!(1, 3, 6, 1, 4, 1, 14777, 6, 1, 2))),
    // T-TeleSec Class 3
    (0xfd73_dad3_1c64_4ff1, Some(oid!(1, 3, 6, 1, 4, 1, 7879, 13, 24, 1))),
    // TWCA
    (0xbfd8_8fe1_101c_41ae, Some(oid!(1, 3, 6, 1, 4, 1, 40869, 1, 1, 22, 3))),
    // D-TRUST Class 3 EV 2009
    (0xeec5_496b_988c_e986, Some(oid!(1, 3, 6, 1, 4, 1, 4788, 2, 202, 1))),
    // TWCA Global
    (0x5976_9007_f768_5d0f, Some(oid!(1, 3, 6, 1, 4, 1, 40869, 1, 1, 22, 3))),
    // Actalis
    (0x5592_6084_ec96_3a64, Some(oid!(1, 3, 159, 1, 17, 1))),
    // DigiCert Assured ID G2
    (0x7d05_ebb6_8233_9f8c, Some(oid!(2, 16, 840, 1, 114412, 2, 1))),
    // DigiCert Assured ID G3
    (0x7e37_cb8b_4c47_090c, Some(oid!(2, 16, 840, 1, 114412, 2, 1))),
    // DigiCert Global G2
    (0xcb3c_cbb7_6031_e5e0, Some(oid!(2, 16, 840, 1, 114412, 2, 1))),
    // DigiCert Global G3
    (0x31ad_6648_f810_4138, Some(oid!(2, 16, 840, 1, 114412, 2, 1))),
    // DigiCert Trusted G4
    (0x552f_7bdc_f1a7_af9e, Some(oid!(2, 16, 840, 1, 114412, 2, 1))),
    // DigiCert TLS RSA4096 G5
    (0x371a_00dc_0533_b372, None),
    // DigiCert TLS ECC P384 G5
    (0x018e_13f0_7725_32cf, None),
    // QuoVadis 2 G3
    (0x8fe4_fb0a_f93a_4d0d, Some(oid!(1, 3, 6, 1, 4, 1, 8024, 0, 2, 100, 1, 2))),
    // COMODO RSA
    (0x52f0_e1c4_e58e_c629, Some(oid!(1, 3, 6, 1, 4, 1, 6449, 1, 2, 1, 5, 1))),
    // USERTrust RSA
    (0xe793_c9b0_2fd8_aa13, Some(oid!(1, 3, 6, 1, 4, 1, 6449, 1, 2, 1, 5, 1))),
    // USERTrust ECC
    (0x4ff4_60d5_4b9c_86da, Some(oid!(1, 3, 6, 1, 4, 1, 6449, 1, 2, 1, 5, 1))),
    // GlobalSign ECC R5
    (0x179f_bc14_8a3d_d00f, None),
    // GlobalSign R6
    (0x2cab_eafe_37d0_6ca2, None),
    // Entrust.net 2048
    (0x6dc4_7172_e01c_bcb0, Some(oid!(2, 16, 840, 1, 114028, 10, 1, 2))),
    // Entrust G2
    (0x43df_5774_b03e_7fef, Some(oid!(2, 16, 840, 1, 114028, 10, 1, 2))),
    // Entrust EC1
    (0x02ed_0eb2_8c14_da45, Some(oid!(2, 16, 840, 1, 114028, 10, 1, 2))),
    // CFCA EV
    (0x5cc3_d78e_4e1d_5e45, Some(oid!(2, 16, 156, 112554, 3))),
    // SECOM RootCA2
    (0x513b_2cec_b810_d4cd, Some(oid!(1, 2, 392, 200091, 100, 721, 1))),
    // OISTE WISeKey GB
    (0x6b9c_08e8_6eb0_f767, Some(oid!(2, 16, 756, 5, 14, 7, 4, 8))),
    // Amazon 1
    (0x8ecd_e688_4f3d_87b1, None),
    // Amazon 2
    (0x1ba5_b2aa_8c65_401a, None),
    // Amazon 3
    (0x18ce_6cfe_7bf1_4e60, None),
    // Amazon 4
    (0xe35d_2841_9ed0_2025, None),
    // Starfield Services G2
    (0x568d_6905_a2c8_8708, None),
    // GDCA TrustAUTH R5
    (0xbfff_8fd0_4433_487d, Some(oid!(1, 2, 156, 112559, 1, 1, 6, 1))),
    // SSL.com EV ECC
    (0x22a2_c1f7_bded_704c, None),
    // SSL.com EV RSA R2
    (0x2e7b_f16c_c224_85a7, None),
    // SSL.com TLS ECC 2022
    (0xc32f_fd9f_46f9_36d1, None),
    // SSL.com TLS RSA 2022
    (0x8faf_7d2e_2cb4_709b, None),
    // UCA Extended Validation
    (0xd43a_f9b3_5473_755c, None),
    // Hongkong Post 3
    (0x5a2f_c03f_0c83_b090, None),
    // emSign G1
    (0x40f6_af03_46a9_9aa1, None),
    // emSign ECC G3
    (0x86a1_ecba_089c_4a8d, None),
    // emSign C1
    (0x1256_09aa_301d_a0a2, None),
    // emSign ECC C3
    (0xbc4d_809b_1518_9d78, None),
    // certSIGN G2
    (0x657c_fe2f_a73f_aa38, None),
    // IdenTrust Commercial 1
    (0x5d56_499b_e4d2_e08b, None),
    // Trustwave Global
    (0x9755_2015_f5dd_fc3c, None),
    // Trustwave Global ECC P256
    (0x945b_bc82_5ea5_54f4, None),
    // Trustwave Global ECC P384
    (0x5590_3859_c8c0_c3eb, None),
    // GlobalSign R46
    (0x4fa3_126d_8d3a_11d1, None),
    // GlobalSign E46
    (0xcbb9_c44d_84b8_043e, None),
    // FNMT-RCM Servidores Seguros
    (0x5541_53b1_3d2c_f9dd, None),
    // GLOBALTRUST 2020
    (0x9a29_6a51_82d1_d451, None),
    // Certum EC-384
    (0x6b32_8085_6253_18aa, None),
    // Certum Trusted Root
    (0xfe76_9657_3855_773e, None),
    // ANF Secure Server
    (0xfb8f_ec75_9169_b910, None),
    // HARICA ECC 2015
    (0x44b5_45aa_8a25_e65a, None),
    // HARICA 2015
    (0xa040_929a_02ce_53b4, None),
    // HARICA TLS RSA 2021
    (0xd95d_0e8e_da79_525b, None),
    // HARICA TLS ECC 2021
    (0x3f99_cc47_4acf_ce4d, None),
    // vTrus
    (0x8a71_de65_5933_6f42, None),
    // vTrus ECC
    (0x30fb_ba2c_3223_8e2a, None),
    // Firmaprofesional CIF
    (0x57de_0583_efd2_b26e, None),
    // NetLock Arany
    (0x6c61_dac3_a2de_f031, None),
    // D-TRUST EV 1 2020
    (0x0817_0d1a_a364_5390, None),
    // BJCA 1
    (0xf389_6f88_fe7c_0a88, None),
    // BJCA 2
    (0x574d_f693_1e27_8039, None),
    // Sectigo E46
    (0xc90f_26f0_fb1b_4018, None),
    // Sectigo R46
    (0x7bb6_47a6_2aee_ac88, None),
    // TrustAsia G3
    (0xe0d3_226a_eb11_63c2, None),
    // TrustAsia G4
    (0xbe4b_56cb_5056_c013, None),
    // Telekom Security TLS ECC 2020
    (0x578a_f4de_d085_3f4e, None),
    // Telekom Security TLS RSA 2023
    (0xefc6_5cad_bb59_adb6, None),
    // Firmaprofesional Root-A Web
    (0xbef2_56da_f26e_9c69, None),
    // SecureSign 12
    (0x3f03_4bb5_704d_44b2, None),
    // SecureSign 14
    (0x4b00_9c10_3449_4f9a, None),
    // SecureSign 15
    (0xe778_f0f0_95fe_8437, None),
    // TWCA CYBER
    (0x3f63_bb28_14be_174e, None),
];

/// Whether this is a root of Mozilla's program, as of the version of `webpki-root-certs`.
pub(super) fn is_public(der: &[u8]) -> bool {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().any(|known| known.as_ref() == der)
}

/// Whether one of the policies is extended validation below this root of the program.
pub(super) fn to_extended_validation(
    anchor: &Certificate<'_>,
    mut policies: impl Iterator<Item = ObjectIdentifier>,
) -> bool {
    let mark = mark(&anchor.fingerprint());
    let own: Vec<_> = ENTITLED.iter().filter(|(root, _)| *root == mark).map(|(_, policy)| policy).collect();
    policies.any(|policy| {
        own.iter().any(|known| policy == oid::EXTENDED_VALIDATION || known.as_ref() == Some(&policy))
    })
}

fn mark(fingerprint: &[u8; 32]) -> u64 {
    let [mark, ..] = fingerprint.as_chunks::<8>().0 else { return 0 };
    u64::from_be_bytes(*mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn marks() -> Vec<u64> {
        let certificates = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        certificates.map(|der| mark(&Certificate::parse(der).unwrap().fingerprint())).collect()
    }

    #[test]
    fn marks_tell_the_roots_of_the_program_apart() {
        let marks = marks();
        assert_eq!(marks.iter().collect::<HashSet<_>>().len(), marks.len());
    }

    #[test]
    fn most_of_the_list_is_in_the_program() {
        let marks = marks();
        let here = ENTITLED.iter().filter(|(root, _)| marks.contains(root)).count();
        assert!(here > 70, "{here} of {}", ENTITLED.len());
    }

    #[test]
    fn entitlement_is_that_of_the_root() {
        let named = |name: &str| {
            let certificates = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            let mut certificates = certificates.map(|der| Certificate::parse(der).unwrap());
            certificates.find(|root| root.subject().common_name().as_deref() == Some(name)).unwrap()
        };
        let digicert = named("DigiCert Global Root G2");
        let entitled = |root: &Certificate<'_>, policy| to_extended_validation(root, [policy].into_iter());
        assert!(entitled(&digicert, oid::EXTENDED_VALIDATION));
        assert!(entitled(&digicert, oid!(2, 16, 840, 1, 114412, 2, 1)));
        assert!(!entitled(&digicert, oid!(2, 16, 756, 1, 89, 1, 2, 1, 1)));
        // Its authority certifies domains alone.
        assert!(!entitled(&named("ISRG Root X1"), oid::EXTENDED_VALIDATION));
    }
}
