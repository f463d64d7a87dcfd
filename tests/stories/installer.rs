//! install.sh downloads from a server on this machine: good, altered, missing and cut-off files.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use stories::counterparts::find;
use stories::programs::{Ran, command, repository, run};

/// What runs as the program.
const PROGRAM: &str = "#!/bin/sh\necho fargate-pipeline 1.0.0\n";

/// The files of a release: name, content, and how many bytes of it are sent.
type Files = Vec<(String, String, usize)>;

fn file(name: &str, content: &str) -> (String, String, usize) {
    (name.to_owned(), content.to_owned(), content.len())
}

fn platform() -> String {
    format!("fargate-pipeline-{}-linux", std::env::consts::ARCH)
}

fn sum(content: &str) -> String {
    let hash = Sha256::digest(content);
    hash.iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A release whose checksum list is about `PROGRAM`, but that contains another content.
fn release(content: &str) -> Files {
    let name = platform();
    let sums = format!("{}  {name}.tar.gz\n{}  {name}\n", sum("x"), sum(PROGRAM));
    vec![file("SHA256SUMS", &sums), file(&name, content)]
}

/// Answers requests for the files until the process of the tests ends. Returns the URL.
fn serve(files: Files) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // If a client goes away, its test reports it.
            let _ = answer(stream, &files);
        }
    });
    url
}

fn answer(mut stream: TcpStream, files: &Files) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let found = files.iter().find(|(name, ..)| path == format!("/{name}"));
    let Some((_, content, sent)) = found else {
        return stream.write_all(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    };
    let length = content.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&content.as_bytes()[..*sent])
}

struct Machine {
    home: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { home }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("bin")
    }

    fn installer(&self) -> Command {
        let mut installer = command("sh");
        installer.arg(repository().join("install.sh"));
        installer.env("HOME", self.home.path());
        installer.arg("--directory").arg(self.folder());
        installer
    }

    fn install(&self, files: Files, args: &[&str]) -> Ran {
        run(self.installer().args(["--url", &serve(files)]).args(args))
    }

    /// What is in the directory, temporary files included.
    fn contents(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder()).into_iter().flatten();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

#[test]
fn the_installer_installs_a_verified_program() {
    let machine = Machine::new();
    for _ in 0..2 {
        let ran = machine
            .install(release(PROGRAM), &["--version", "v1.0.0"])
            .expect(0);
        assert!(
            ran.stdout.contains("installed fargate-pipeline 1.0.0 in "),
            "{}",
            ran.stdout
        );
        assert!(
            ran.stdout
                .contains(&format!("verified SHA-256 {}", sum(PROGRAM)))
        );
        assert!(
            ran.stdout.contains("gh attestation verify"),
            "{}",
            ran.stdout
        );
        assert_eq!(machine.contents(), ["fargate-pipeline"]);
    }
    let program = machine.folder().join("fargate-pipeline");
    assert_eq!(
        std::fs::metadata(program).unwrap().permissions().mode() & 0o777,
        0o755
    );
}

#[test]
fn the_checksum_may_be_pinned_without_a_list() {
    let machine = Machine::new();
    let only = || vec![file(&platform(), PROGRAM)];
    machine
        .install(only(), &["--sha256", &sum(PROGRAM)])
        .expect(0);
    let refused = machine
        .install(only(), &["--sha256", &sum("other")])
        .expect(5);
    assert!(refused.stderr.contains("not "), "{}", refused.stderr);
}

#[test]
fn nothing_is_installed_from_an_altered_missing_or_cut_off_file() {
    let machine = Machine::new();
    let name = platform();
    let cut = |name: &str| {
        let mut files = release(PROGRAM);
        for (file, content, sent) in &mut files {
            if file == name {
                *sent = content.len() / 2;
            }
        }
        files
    };
    let without = |name: &str| {
        let mut files = release(PROGRAM);
        files.retain(|(file, ..)| file != name);
        files
    };
    let unlisted = vec![file("SHA256SUMS", "0000  other\n"), file(&name, PROGRAM)];
    let older = "#!/bin/sh\necho fargate-pipeline 0.9.0\n";
    let downgrade = vec![
        file("SHA256SUMS", &format!("{}  {name}\n", sum(older))),
        file(&name, older),
    ];
    let broken = "not a program";
    let broken = vec![
        file("SHA256SUMS", &format!("{}  {name}\n", sum(broken))),
        file(&name, broken),
    ];
    for (what, files, code, error) in [
        (
            "altered",
            release("#!/bin/sh\necho evil\n"),
            5,
            "has the SHA-256",
        ),
        ("cut off", cut(&name), 9, "cannot download"),
        ("list cut off", cut("SHA256SUMS"), 9, "cannot download"),
        ("missing", without(&name), 9, "cannot download"),
        ("list missing", without("SHA256SUMS"), 9, "cannot download"),
        ("unlisted", unlisted, 3, "does not list"),
        ("older", downgrade, 5, "not version 1.0.0"),
        ("not a program", broken, 5, "does not run"),
    ] {
        let ran = machine.install(files, &["--version", "1.0.0"]);
        assert_eq!(ran.code, code, "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains(error), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{what}: {}", ran.stderr);
        assert_eq!(machine.contents(), [""; 0], "{what}");
    }
}

#[test]
fn a_wrong_option_changes_nothing() {
    let machine = Machine::new();
    for (args, error) in [
        (&["--verify", "1"][..], "unknown option --verify"),
        (&["--version"], "--version has no value"),
        (&["--version", "1.0/../evil"], "is not a version"),
    ] {
        let ran = run(machine.installer().args(args)).expect(2);
        assert!(ran.stderr.contains(error), "{}", ran.stderr);
        assert!(!machine.folder().exists());
    }
    run(machine.installer().arg("--help")).expect(0);
}

#[test]
fn a_script_that_was_cut_off_does_nothing() {
    let machine = Machine::new();
    let script = std::fs::read_to_string(repository().join("install.sh")).unwrap();
    let (before, _) = script.rsplit_once("main \"$@\"").unwrap();
    let cut = machine.home.path().join("cut.sh");
    std::fs::write(&cut, before).unwrap();
    let mut sh = command("sh");
    run(sh.arg(&cut).env("HOME", machine.home.path())).expect(0);
    assert_eq!(machine.contents(), [""; 0]);
}

/// A PATH with these programs only.
fn path_of(folder: &Path, programs: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    for program in programs {
        let found = find(program).unwrap_or_else(|| panic!("{program} is not installed"));
        std::os::unix::fs::symlink(found, folder.join(program)).unwrap();
    }
}

#[test]
fn wget_is_used_if_there_is_no_curl() {
    if find("wget").is_none() {
        let what = "wget";
        let why = "install the Debian package wget".to_owned();
        let reason = stories::counterparts::Unavailable { what, why };
        return stories::counterparts::not_run("wget_is_used_if_there_is_no_curl", &reason);
    }
    let machine = Machine::new();
    let path = machine.home.path().join("path");
    let programs = [
        "awk",
        "chmod",
        "cut",
        "id",
        "mkdir",
        "mktemp",
        "mv",
        "rm",
        "sh",
        "sha256sum",
        "uname",
        "wget",
    ];
    path_of(&path, &programs);
    let mut install = machine.installer();
    install
        .env("PATH", &path)
        .args(["--url", &serve(release(PROGRAM))]);
    run(&mut install).expect(0);
    let altered = release("#!/bin/sh\necho evil\n");
    let mut install = machine.installer();
    install.env("PATH", &path).args(["--url", &serve(altered)]);
    let refused = run(&mut install).expect(5);
    assert!(
        refused.stderr.contains("has the SHA-256"),
        "{}",
        refused.stderr
    );
}
