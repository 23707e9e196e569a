//! TLS as a server speaks it: a certificate from files, or one made on the spot together with the
//! authority that clients are to trust.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::http2::H2;

/// How ALPN calls HTTP/1.1 (RFC 7301, section 6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// Who a server is: its certificates and their key. Clients may choose HTTP/2 or HTTP/1.1. Clones are the same server.
#[derive(Clone)]
pub struct Identity(Arc<RwLock<TlsAcceptor>>);

/// A certificate made on the spot.
#[derive(Debug)]
pub struct SelfSigned {
    /// What the server shows: the certificate and its key.
    pub identity: Identity,
    /// The authority that clients are to trust, PEM. Its key is gone: it signs nothing else.
    pub authority_pem: String,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A certificate for these names cannot be made.
    #[error("cannot make a certificate: {0}; names are host names and IP addresses")]
    Make(#[from] rcgen::Error),
    /// What was given as PEM is none.
    #[error("cannot read the {0}; give it as PEM")]
    Pem(&'static str),
    /// Certificate and key do not go together.
    #[error("certificate and key do not go together: {0}")]
    Pair(#[from] tokio_rustls::rustls::Error),
}

impl Identity {
    /// An identity from PEM: the certificate with its chain, and its private key.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|_| IdentityError::Pem("certificate"))?;
        if chain.is_empty() {
            return Err(IdentityError::Pem("certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::Pem("key"))?;
        Self::new(chain, key)
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, IdentityError> {
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
        config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
        Ok(Self::of(config))
    }

    fn of(config: ServerConfig) -> Self {
        Self(Arc::new(RwLock::new(TlsAcceptor::from(Arc::new(config)))))
    }

    /// What shakes hands with the next client.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From the next client on the server shows what `other` shows now.
    pub fn replace(&self, other: &Self) {
        let next = other.acceptor();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// The same identity as it is now, for a server that speaks HTTP/1 only.
    #[must_use]
    pub fn over_http1(&self) -> Self {
        let mut config = ServerConfig::clone(self.acceptor().config());
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Self::of(config)
    }
}

impl SelfSigned {
    /// A certificate for `names`, host names or IP addresses, signed by an authority of its own.
    ///
    /// # Errors
    /// [`IdentityError::Make`].
    pub fn make(names: Vec<String>) -> Result<Self, IdentityError> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority.distinguished_name.push(DnType::CommonName, "Brownout fakes, this run only");
        let issuer_key = KeyPair::generate()?;
        let authority_pem = authority.self_signed(&issuer_key)?.pem();
        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "Brownout fakes");
        let certificate = server.signed_by(&key, &Issuer::new(authority, issuer_key))?;
        let key =
            PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| IdentityError::Pem("key"))?;
        let identity = Identity::new(vec![certificate.der().clone()], key)?;
        Ok(Self { identity, authority_pem })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}
