//! Writes the seeds of the fuzz targets anew from the transcripts, into `fuzz/corpus`.

#![allow(clippy::print_stdout, reason = "a tool for people")]

use std::{fs, io};

use harness::corpus;

fn main() -> io::Result<()> {
    let seeds = corpus::seeds();
    for (target, _) in corpus::TARGETS {
        let folder = corpus::folder().join(target);
        fs::create_dir_all(&folder)?;
        for file in fs::read_dir(&folder)? {
            let file = file?;
            if !file.file_name().to_string_lossy().starts_with("found-") {
                fs::remove_file(file.path())?;
            }
        }
        let ours = seeds.iter().filter(|((other, _), _)| other == target);
        let mut count = 0;
        for ((_, name), input) in ours {
            fs::write(folder.join(name), input)?;
            count += 1;
        }
        println!("{target}: {count} seeds");
    }
    Ok(())
}
