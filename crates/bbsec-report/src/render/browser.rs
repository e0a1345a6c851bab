//! A real Chromium, driven over its DevTools pipe (file descriptors 3 and 4, messages that end with a zero byte), so
//! that tests type, click, resize and print as a reader does. What runs here is not bound by the page's policy.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// Where Chromium is, under one of its names.
pub(super) fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// One browser with one page.
pub(super) struct Browser {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    calls: u64,
    /// What it said without being asked: console, exceptions, refused loads.
    events: Vec<Value>,
    folder: tempfile::TempDir,
}

impl Browser {
    pub(super) fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            // The pipes that a parent can name are 0 and 1; Chromium reads 3 and writes 4.
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 1>&2 0</dev/null"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--remote-debugging-pipe", "--force-color-profile=srgb"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut new = Self { child, input, output, session: None, calls: 0, events: Vec::new(), folder };
        let made = new.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let target = made["targetId"].clone();
        let attached = new.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        new.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            new.call(&format!("{domain}.enable"), &json!({}));
        }
        new
    }

    /// Asks and waits for the answer.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(message.to_string().as_bytes()).unwrap();
        self.input.write_all(&[0]).unwrap();
        loop {
            let told = self.next();
            if told["id"] == self.calls {
                assert!(told["error"].is_null(), "{method}: {}", told["error"]);
                return told["result"].clone();
            }
            self.events.push(told);
        }
    }

    fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.output.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Opens a page from a file and waits until it is loaded.
    pub(super) fn open(&mut self, page: &str) {
        let file = self.folder.path().join("report.html");
        std::fs::write(&file, page).unwrap();
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": format!("file://{}", file.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// The value of an expression in the page.
    pub(super) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let told = self.call("Runtime.evaluate", &params);
        assert!(told["exceptionDetails"].is_null(), "{expression}: {}", told["exceptionDetails"]);
        told["result"]["value"].clone()
    }

    /// Presses and releases a key by its DOM name.
    pub(super) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            "End" => (35, ""),
            other => (0, other),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", &params);
        }
    }

    /// Types into what has the focus.
    pub(super) fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Gives the page a size, in CSS pixels.
    pub(super) fn resize(&mut self, width: u32, height: u32) {
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700,
        });
        self.call("Emulation.setDeviceMetricsOverride", &params);
    }

    /// Light or dark, screen or print.
    pub(super) fn media(&mut self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
    }

    /// A PNG of what the window shows.
    pub(super) fn screenshot(&mut self) -> Vec<u8> {
        let told = self.call("Page.captureScreenshot", &json!({}));
        STANDARD.decode(told["data"].as_str().unwrap()).unwrap()
    }

    /// What paper gets.
    pub(super) fn pdf(&mut self) -> Vec<u8> {
        let told =
            self.call("Page.printToPDF", &json!({ "preferCSSPageSize": true, "printBackground": true }));
        STANDARD.decode(told["data"].as_str().unwrap()).unwrap()
    }

    /// Console lines, exceptions, refusals and every request that is not the page itself.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        self.eval("1");
        let grave = |event: &&Value| match event["method"].as_str().unwrap_or_default() {
            "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded" => true,
            "Network.requestWillBeSent" => {
                !event["params"]["request"]["url"].as_str().unwrap_or_default().ends_with("/report.html")
            }
            _ => false,
        };
        self.events.iter().filter(grave).map(ToString::to_string).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
