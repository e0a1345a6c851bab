//! How the product is configured: posture checks with a fix each, and every credential that the host itself holds.

pub(crate) mod properties;
pub(crate) mod xml;
