//! TLS as a client speaks it: whom it believes to be who they say, and who it is itself.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::Authority;

/// Whom a client believes, and who it is.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

/// Whose certificates are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Believed {
    /// Those of the authorities that browsers believe (Mozilla's list), and of these further ones, PEM.
    #[default]
    Usual,
    /// Those of these authorities alone, PEM.
    Only(Arc<str>),
    /// Anybody's.
    Anybody,
}

/// What a client's trust is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustOptions {
    /// Whom it believes.
    pub believed: Believed,
    /// Further authorities beside the usual ones, PEM.
    pub further: Option<Arc<str>>,
    /// Its own certificate with its chain and its key, PEM, in one text.
    pub own: Option<Arc<str>>,
}

/// Why there is no such trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// What was given holds no certificate.
    #[error("there is no certificate in it; give PEM")]
    Certificate,
    /// What was given holds no key.
    #[error("there is no private key beside the certificate; give both in one PEM file")]
    Key,
    /// A certificate that nothing can be done with.
    #[error("a certificate cannot be used: {0}")]
    Unfit(#[from] Error),
}

impl Trust {
    /// What those options say.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn new(options: &TrustOptions) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        match &options.believed {
            Believed::Usual => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Believed::Only(pem) => add(&mut roots, pem)?,
            Believed::Anybody => {}
        }
        if let (Believed::Usual, Some(pem)) = (&options.believed, &options.further) {
            add(&mut roots, pem)?;
        }
        let builder = ClientConfig::builder();
        let builder = match &options.believed {
            Believed::Usual | Believed::Only(_) => builder.with_root_certificates(roots),
            Believed::Anybody => {
                let anybody = Arc::new(Anybody(ring::default_provider()));
                builder.dangerous().with_custom_certificate_verifier(anybody)
            }
        };
        let config = match &options.own {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
                builder
                    .with_client_auth_cert(certificates(pem)?, key.map_err(|_| TrustError::Key)?)?
            }
        };
        Ok(Self(Arc::new(config)))
    }

    /// What everybody has: the usual authorities, and no certificate of one's own.
    pub(crate) fn usual() -> Self {
        static USUAL: OnceLock<Arc<ClientConfig>> = OnceLock::new();
        let usual = USUAL.get_or_init(|| {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
        });
        Self(Arc::clone(usual))
    }

    /// Greets a server.
    pub(crate) async fn handshake(
        &self,
        tcp: TcpStream,
        to: &Authority,
    ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let name = ServerName::try_from(to.host.to_string());
        let name = name.map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "host is no valid TLS name")
        })?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, tcp).await
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or(TrustError::Certificate)
}

/// Adds the authorities of a bundle. Bundles of systems hold some that cannot be used; those are left out, unless all are.
fn add(roots: &mut RootCertStore, pem: &str) -> Result<(), TrustError> {
    match roots.add_parsable_certificates(certificates(pem)?) {
        (0, _) => Err(TrustError::Certificate),
        _ => Ok(()),
    }
}

/// Believes whatever certificate is shown, though not that whoever shows it need not have its key.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
