//! `shared/bitbucket.properties` and `shared/config/`: what the host holds in the clear.

use std::path::Path;

use anyhow::Result;

use super::{
    credentials::{Secret, ssh_key},
    rng::{BASE36, BASE62, Rng},
    spec::Spec,
    truth::ConfigSecret,
};

/// Writes the files and says which credentials they hold.
pub fn write(spec: &Spec, home: &Path) -> Result<Vec<ConfigSecret>> {
    let mut rng = Rng::new(spec.seed, "properties");
    let shared = home.join("shared");
    std::fs::create_dir_all(shared.join("config"))?;
    let database = rng.text(BASE62, 24);
    let keystore = rng.text(BASE62, 16);
    let search = rng.text(BASE62, 20);
    let hazelcast = rng.text(BASE36, 18);
    let text = format!(
        "# Written by the setup wizard\n\
        setup.displayName=Bitbucket\n\
        setup.baseUrl={}\n\
        jdbc.driver=org.postgresql.Driver\n\
        jdbc.url=jdbc:postgresql://bitbucket-db.int.example.com:5432/bitbucket\n\
        jdbc.user=bitbucketuser\n\
        jdbc.password={database}\n\
        server.port=7990\n\
        server.secure=true\n\
        server.scheme=https\n\
        server.proxy-port=443\n\
        server.ssl.key-store-password={keystore}\n\
        hazelcast.network.aws=true\n\
        hazelcast.group.name=bitbucket\n\
        hazelcast.group.password={hazelcast}\n\
        plugin.search.config.baseurl=https://search.int.example.com:9200\n\
        plugin.search.config.username=bitbucket\n\
        plugin.search.config.password={search}\n\
        feature.public.access=true\n",
        spec.base_url
    );
    let file = "shared/bitbucket.properties";
    std::fs::write(home.join(file), text)?;
    let row = |file: &str, key: &str, value: &str, public_id: Option<&str>| ConfigSecret {
        file: file.into(),
        key: key.into(),
        fingerprint: secret(value).fingerprint(),
        public_id: public_id.map(str::to_owned),
    };
    let mut out = vec![
        row(file, "jdbc.password", &database, Some("bitbucketuser@bitbucket-db.int.example.com/bitbucket")),
        row(file, "server.ssl.key-store-password", &keystore, None),
        row(file, "hazelcast.group.password", &hazelcast, None),
        row(file, "plugin.search.config.password", &search, Some("bitbucket")),
    ];
    let (pem, _, fingerprint) = ssh_key(&mut rng, "bitbucket-host-key")?;
    let file = "shared/config/ssh-server-keys.pem";
    std::fs::write(home.join(file), format!("{pem}\n"))?;
    out.push(row(file, "", &pem, Some(&fingerprint)));
    Ok(out)
}

fn secret(value: &str) -> Secret {
    Secret { provider: "generic", value: value.into(), public_id: None, text: String::new(), file: "" }
}
