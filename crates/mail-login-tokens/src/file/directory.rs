//! What is done in a directory that was opened once, so that it is the same directory all the time.

use alloc::{format, vec, vec::Vec};
use core::time::Duration;
use std::{
    ffi::{OsStr, OsString},
    fs::{DirBuilder, File},
    io::{self, ErrorKind, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt, fs::DirBuilderExt},
    },
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat},
    io::Errno,
    process::geteuid,
};
use zeroize::Zeroizing;

/// A longer file is no record.
const LONGEST: u64 = 1 << 20;
/// A name that is not followed if it is a link, that is not handed to other programs, and that
/// does not make us wait if it is no file at all.
const CAREFULLY: OFlags = OFlags::NOFOLLOW
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK);
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

pub(super) struct Directory<'a> {
    path: &'a Path,
    handle: OwnedFd,
}

impl<'a> Directory<'a> {
    /// Opens a directory, and makes it if it has to be there.
    pub(super) fn open(path: &'a Path, make: bool) -> io::Result<Self> {
        let open = || {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            rustix::fs::open(path, flags, Mode::empty())
        };
        let handle = match open() {
            Err(Errno::NOENT) if make => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.map_err(|error| cannot("make", path, &error))?;
                open()
            }
            opened => opened,
        };
        let handle = handle.map_err(|errno| cannot("open", path, &errno.into()))?;
        let stat =
            rustix::fs::fstat(&handle).map_err(|errno| cannot("open", path, &errno.into()))?;
        let owner = stat.st_uid;
        // Whoever can write to a directory can replace every file in it.
        if owner != geteuid().as_raw() && owner != 0 {
            return Err(refused(
                path,
                "belongs to another user: use a directory of your own",
            ));
        }
        if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
            return Err(refused(path, "can be written to by others: chmod 700 it"));
        }
        Ok(Self { path, handle })
    }

    pub(super) fn path(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a whole file; `None` if there is none. If it is marked, it was used now.
    pub(super) fn read(&self, name: &OsStr, mark: bool) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let failed = |error: io::Error| cannot("read", &self.path(name), &error);
        let Some((file, stat)) = self.opened(name)? else {
            return Ok(None);
        };
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if size > LONGEST {
            return Err(refused(
                &self.path(name),
                "is too long to be a record: move it away",
            ));
        }
        // The size is known, so that the buffer never moves; files are replaced and not appended to.
        let size = usize::try_from(size).unwrap_or_default();
        let mut octets = Zeroizing::new(vec![0; size]);
        let mut file = File::from(file);
        file.read_exact(&mut octets).map_err(failed)?;
        if mark {
            // Where that cannot be written, nothing can be deleted either.
            let _ = file.set_modified(SystemTime::now());
        }
        Ok(Some(octets))
    }

    /// How long ago a file was written or marked; `None` if there is none.
    pub(super) fn age(&self, name: &OsStr) -> io::Result<Option<Duration>> {
        let failed = |error: io::Error| cannot("read", &self.path(name), &error);
        let Some((file, _)) = self.opened(name)? else {
            return Ok(None);
        };
        let time = File::from(file).metadata().and_then(|data| data.modified());
        let age = SystemTime::now().duration_since(time.map_err(failed)?);
        // What is of the future, by a clock that was set back, is new.
        Ok(Some(age.unwrap_or_default()))
    }

    fn opened(&self, name: &OsStr) -> io::Result<Option<(OwnedFd, Stat)>> {
        let failed = |error: io::Error| cannot("read", &self.path(name), &error);
        let flags = OFlags::RDONLY | CAREFULLY;
        let file = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(failed(explain(errno))),
        };
        let stat = rustix::fs::fstat(&file).map_err(|errno| failed(errno.into()))?;
        self.check(name, &stat)?;
        Ok(Some((file, stat)))
    }

    /// The names of all that is in there.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let failed = |errno: Errno| cannot("read", self.path, &errno.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_os_string());
            }
        }
        Ok(names)
    }

    /// Puts a file in the place of another one. Afterwards it is on the disk.
    pub(super) fn replace(&self, name: &OsStr, new: &OsStr, octets: &[u8]) -> io::Result<()> {
        if octets.len() as u64 > LONGEST {
            let text = "cannot be written: it would be too long to be read again";
            return Err(refused(&self.path(name), text));
        }
        let written = self.write(new, octets).and_then(|()| {
            let renamed = rustix::fs::renameat(&self.handle, new, &self.handle, name);
            renamed.map_err(io::Error::from)
        });
        if let Err(error) = written {
            // What is half written is of no use, and takes room that may be what is lacking.
            let _ = rustix::fs::unlinkat(&self.handle, new, AtFlags::empty());
            return Err(cannot("write", &self.path(name), &error));
        }
        self.flush()
    }

    fn write(&self, name: &OsStr, octets: &[u8]) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | CAREFULLY;
        let file = rustix::fs::openat(&self.handle, name, flags, PRIVATE)?;
        // Whatever the umask says.
        rustix::fs::fchmod(&file, PRIVATE)?;
        let mut file = File::from(file);
        file.write_all(octets)?;
        file.sync_all()
    }

    /// Deletes a file. Afterwards that is on the disk.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.delete(name)?;
        self.flush()
    }

    /// Deletes a file; whether there was one.
    pub(super) fn delete(&self, name: &OsStr) -> io::Result<bool> {
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(cannot("delete", &self.path(name), &errno.into())),
        }
    }

    /// Without this, a crash of the computer could undo a rename.
    pub(super) fn flush(&self) -> io::Result<()> {
        let flushed = rustix::fs::fsync(&self.handle);
        flushed.map_err(|errno| cannot("flush", self.path, &errno.into()))
    }

    /// Locks a file, which is made if there is none. `None`: somebody else has it.
    pub(super) fn try_lock(&self, name: &OsStr) -> io::Result<Option<OwnedFd>> {
        let failed = |error: io::Error| cannot("lock", &self.path(name), &error);
        let flags = OFlags::RDWR | OFlags::CREATE | CAREFULLY;
        let file = rustix::fs::openat(&self.handle, name, flags, PRIVATE)
            .map_err(|errno| failed(explain(errno)))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
            Err(errno) => return Err(failed(errno.into())),
        }
        let ours = rustix::fs::fstat(&file).map_err(|errno| failed(errno.into()))?;
        self.check(name, &ours)?;
        // Somebody may have deleted it, and the next one would lock another file of that name.
        let named = rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW);
        let same = named.is_ok_and(|stat| stat.st_ino == ours.st_ino && stat.st_dev == ours.st_dev);
        Ok(same.then_some(file))
    }

    /// Whether a file is one, and for us alone.
    fn check(&self, name: &OsStr, stat: &Stat) -> io::Result<()> {
        let problem = if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            "is no file: move it away"
        } else if stat.st_uid != geteuid().as_raw() {
            "belongs to another user: use a file of your own"
        } else if Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO) {
            "can be read or written by others: chmod 600 it"
        } else {
            return Ok(());
        };
        Err(refused(&self.path(name), problem))
    }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> io::Error {
    let text = format!("cannot {what} {}: {error}", path.display());
    io::Error::new(error.kind(), text)
}

/// "Too many levels of symbolic links" would not help anybody.
fn explain(errno: Errno) -> io::Error {
    match errno {
        Errno::LOOP => {
            let text = "it is a symbolic link: name the file itself";
            io::Error::new(ErrorKind::InvalidInput, text)
        }
        errno => errno.into(),
    }
}

fn refused(path: &Path, problem: &str) -> io::Error {
    let text = format!("{} {problem}", path.display());
    io::Error::new(ErrorKind::PermissionDenied, text)
}
