//! The certificate authority: root, intermediate, leaf certificates for local names.
