//! What the homes of Confluence and Jira hold beside their logs.

use std::path::Path;

use anyhow::Result;

use super::spec::{Product, Script};

/// Writes `home` and the installation's Tomcat configuration.
pub fn write(script: &Script, folder: &Path, product: Product) -> Result<()> {
    let home = folder.join("home");
    std::fs::create_dir_all(home.join("logs"))?;
    let conf = folder.join("install/conf");
    std::fs::create_dir_all(&conf)?;
    let (file, text, pattern) = match product {
        Product::Jira => (
            "dbconfig.xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jira-database-config>\n  <name>defaultDS</name>\n  \
             <database-type>postgres72</database-type>\n  <jdbc-datasource>\n    \
             <url>jdbc:postgresql://db.meridian.example:5432/jira</url>\n    <username>jiradb</username>\n    \
             <password>quiet-lagoon-41</password>\n  </jdbc-datasource>\n</jira-database-config>\n"
                .to_owned(),
            "%a %{jira.request.id}r %{jira.request.username}r %t &quot;%m %U%q %H&quot; %s %b %D \
             &quot;%{Referer}i&quot; &quot;%{User-Agent}i&quot; &quot;%{jira.request.assession.id}r&quot;",
        ),
        _ => (
            "confluence.cfg.xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<confluence-configuration>\n  <setupStep>complete</setupStep>\n  \
             <buildNumber>9002</buildNumber>\n  <properties>\n    <property name=\"hibernate.connection.url\">\
             jdbc:postgresql://db.meridian.example:5432/wiki</property>\n    \
             <property name=\"hibernate.connection.username\">wikidb</property>\n    \
             <property name=\"hibernate.connection.password\">amber-otter-07</property>\n  </properties>\n\
             </confluence-configuration>\n"
                .to_owned(),
            "%t %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i %{User-Agent}i",
        ),
    };
    std::fs::write(home.join(file), text)?;
    std::fs::write(
        conf.join("server.xml"),
        format!(
            "<Server><Service><Engine><Host><Context>\n<Valve className=\"org.apache.catalina.valves.AccessLogValve\" \
             pattern=\"{pattern}\"/>\n</Context></Host></Engine></Service></Server>\n"
        ),
    )?;
    if product == Product::Confluence {
        std::fs::write(
            home.join("logs/atlassian-confluence.log"),
            format!(
                "{} INFO [Catalina-utility-1] [atlassian.confluence.lifecycle] contextInitialized Starting Confluence \
                 {} [build 9002 based on commit hash 1f2d] - synchrony version 6.0.3\n",
                (script.window.0 + chrono::Duration::hours(i64::from(script.confluence.utc_offset_hours)))
                    .format("%Y-%m-%d %H:%M:%S,101"),
                script.confluence.version
            ),
        )?;
    }
    Ok(())
}
