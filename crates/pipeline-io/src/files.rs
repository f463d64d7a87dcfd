//! Files that a step reads and writes.
//!
//! Decided here: an error names the file, and a file is written completely or not at all. Never here:
//! what the files contain.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::{Exit, Failure};

/// What can go wrong with a file that the user named.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{what} {path} does not exist")]
    Missing { what: &'static str, path: PathBuf },
    #[error("{what} {path} is empty")]
    Empty { what: &'static str, path: PathBuf },
    #[error("{what} {path} is larger than {limit} bytes")]
    TooLarge {
        what: &'static str,
        path: PathBuf,
        limit: u64,
    },
    #[error("{what} {path} is not UTF-8 text (byte {at})")]
    NotText {
        what: &'static str,
        path: PathBuf,
        at: usize,
    },
    #[error("{what} {path} is UTF-16 text, not UTF-8")]
    Utf16 { what: &'static str, path: PathBuf },
    #[error("cannot read {what} {path}")]
    Read {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write {path}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl Failure for FileError {
    fn exit(&self) -> Exit {
        match self {
            Self::Missing { .. } => Exit::NotFound,
            Self::Read { source, .. } | Self::Write { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Exit::Denied
            }
            _ => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { path, .. } if path.is_relative() => {
                let here = std::env::current_dir().ok()?;
                Some(format!("the working directory is {}", here.display()))
            }
            Self::Utf16 { .. } => {
                Some("save it as UTF-8, e.g. with Out-File -Encoding utf8 in PowerShell".to_owned())
            }
            Self::NotText { .. } => Some("save the file as UTF-8".to_owned()),
            Self::Empty { .. } => {
                Some("check that the step that writes this file succeeded".to_owned())
            }
            _ => None,
        }
    }
}

/// Reads a text file of at most `limit` bytes. `what` names the kind of file in errors, e.g.
/// "task definition".
///
/// # Errors
/// If the file cannot be read, is too large or is not UTF-8 text. An empty file is an error, too: a
/// failed step leaves one behind.
pub fn read_text(what: &'static str, path: &Path, limit: u64) -> Result<String, FileError> {
    let read = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => FileError::Missing {
            what,
            path: path.to_owned(),
        },
        _ => FileError::Read {
            what,
            path: path.to_owned(),
            source,
        },
    };
    let file = std::fs::File::open(path).map_err(read)?;
    let size = file.metadata().map_or(0, |about| about.len().min(limit));
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    std::io::Read::read_to_end(&mut std::io::Read::take(file, limit + 1), &mut bytes)
        .map_err(read)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge {
            what,
            path: path.to_owned(),
            limit,
        });
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(FileError::Empty {
            what,
            path: path.to_owned(),
        });
    }
    if is_utf16(&bytes) {
        return Err(FileError::Utf16 {
            what,
            path: path.to_owned(),
        });
    }
    String::from_utf8(bytes).map_err(|e| FileError::NotText {
        what,
        path: path.to_owned(),
        at: e.utf8_error().valid_up_to(),
    })
}

/// Whether bytes are UTF-16 text: they begin with its byte order mark, or every other one of the
/// first bytes is zero, which text in UTF-8 does not contain.
pub fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, b, c, d, ..] => {
            (*a == 0) != (*b == 0) && (*a == 0) == (*c == 0) && (*b == 0) == (*d == 0)
        }
        _ => false,
    }
}

/// Writes a temporary file in the same directory and renames it, so that no reader sees half of the
/// content. Creates the directory. If the path exists and is not a regular file (`/dev/stdout`, a
/// pipe), it is written directly.
///
/// # Errors
/// If the directory or the file cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write(path, bytes, 0o666)
}

/// The same for content with secrets: only the owner can read the file, from the first byte on.
///
/// # Errors
/// If the directory or the file cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write(path, bytes, 0o600)
}

/// `mode` is the file's mode before the umask.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let failed = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    if is_device(path) {
        return std::fs::OpenOptions::new()
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(failed);
    }
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let (mut file, temporary) = create_temporary(folder, path, mode).map_err(failed)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|source| {
        // If the temporary file cannot be removed either, the first error is the one to report.
        let _ = std::fs::remove_file(&temporary);
        failed(source)
    })
}

/// Checks that files can be created in a directory, or that it can be created. Nothing is left behind.
///
/// # Errors
/// If the directory, or the nearest one above it that exists, cannot be written.
pub(crate) fn check_writable(directory: &Path) -> Result<(), FileError> {
    let mut above = directory.ancestors().map(|path| match path.as_os_str() {
        empty if empty.is_empty() => Path::new("."),
        _ => path,
    });
    let existing = above.find(|path| path.exists()).unwrap_or(directory);
    let failed = |source| FileError::Write {
        path: directory.to_owned(),
        source,
    };
    let (_, temporary) = create_temporary(existing, Path::new("check"), 0o600).map_err(failed)?;
    std::fs::remove_file(&temporary).map_err(failed)
}

/// Whether a path is written directly: a pipe, a terminal, and whatever `/dev/stdout` leads to. A
/// link elsewhere is not followed but replaced, because somebody else may have planted it.
fn is_device(path: &Path) -> bool {
    let is_special = std::fs::symlink_metadata(path).is_ok_and(|about| {
        let kind = about.file_type();
        !kind.is_file() && !kind.is_symlink() && !kind.is_dir()
    });
    let links = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    is_special || links.iter().any(|link| path.starts_with(link))
}

/// Creates a file that did not exist before: nobody else can have chosen its content, its mode or
/// what it links to. The name is random, so that nobody can make it exist either.
fn create_temporary(
    folder: &Path,
    path: &Path,
    mode: u32,
) -> std::io::Result<(std::fs::File, PathBuf)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let random = u64::from_ne_bytes(random);
    let temporary = folder.join(format!(".{name}.{random:016x}"));
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)?;
    Ok((file, temporary))
}

#[cfg(test)]
mod tests {
    use super::{FileError, check_writable, is_device, read_text, write_atomically, write_secret};

    #[test]
    fn an_error_names_the_file_and_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.json");
        assert!(matches!(
            read_text("state", &path, 9),
            Err(FileError::Missing { .. })
        ));
        for (bytes, error) in [
            (&b" \n"[..], "state X is empty"),
            (b"0123456789", "state X is larger than 9 bytes"),
            (b"ab\xff", "state X is not UTF-8 text (byte 2)"),
            (b"\xff\xfe{\0}\0", "state X is UTF-16 text, not UTF-8"),
            (b"\xfe\xff\0{\0}", "state X is UTF-16 text, not UTF-8"),
            (b"{\0}\0", "state X is UTF-16 text, not UTF-8"),
        ] {
            std::fs::write(&path, bytes).expect("written");
            let message = read_text("state", &path, 9)
                .expect_err("refused")
                .to_string();
            assert_eq!(message.replace(&path.display().to_string(), "X"), error);
        }
    }

    #[test]
    fn a_write_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/result.json");
        write_atomically(&path, b"one").expect("written");
        write_atomically(&path, b"two").expect("written again");
        assert_eq!(std::fs::read(&path).expect("read"), b"two");
        assert_eq!(
            std::fs::read_dir(folder.path().join("new"))
                .expect("listed")
                .count(),
            1
        );
    }

    #[test]
    fn a_planted_link_or_file_is_replaced_and_its_target_unchanged() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("target");
        std::fs::write(&target, "before").expect("written");
        let open = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(&target, open).expect("set");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        let hard = folder.path().join("hard");
        std::fs::hard_link(&target, &hard).expect("linked");
        for path in [&link, &hard] {
            write_secret(path, b"secret").expect("written");
            let about = std::fs::symlink_metadata(path).expect("exists");
            assert!(about.is_file(), "{}", path.display());
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(std::fs::read(&target).expect("read"), b"before");
        let mode = std::fs::metadata(&target).expect("exists").permissions();
        assert_eq!(mode.mode() & 0o777, 0o666);
    }

    #[test]
    fn a_directory_is_checked_before_it_is_needed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "x").expect("written");
        check_writable(&folder.path().join("new/results")).expect("can be created");
        assert!(check_writable(&file).is_err());
        assert!(check_writable(&file.join("results")).is_err());
        let names = std::fs::read_dir(folder.path()).expect("listed");
        assert_eq!(names.count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_device_is_written_directly() {
        assert!(is_device(std::path::Path::new("/dev/stdout")));
        assert!(is_device(std::path::Path::new("/proc/self/fd/1")));
        write_atomically(std::path::Path::new("/dev/null"), b"x").expect("written");
        let full = write_atomically(std::path::Path::new("/dev/full"), b"x");
        assert!(matches!(full, Err(FileError::Write { .. })));
    }

    #[test]
    fn only_the_owner_can_read_a_secret() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "before").expect("written");
        write_secret(&path, b"secret").expect("written");
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read(&path).expect("read"), b"secret");
    }
}
