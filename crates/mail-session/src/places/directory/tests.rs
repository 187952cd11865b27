use super::*;

#[test]
fn names_of_files_are_hashes() {
    let places = DirectoryPlaces::new("/d", None);
    let hash = "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90";
    let session = places.path(SESSION, "alice");
    assert_eq!(session, Path::new("/d").join(format!("s-{hash}")));
    let grant = places.path(GRANT, "../../alice");
    assert_eq!(grant.parent(), Some(Path::new("/d")));
}

#[test]
fn only_our_files_are_swept() {
    let day = Duration::from_secs(24 * 60 * 60);
    let kept = |name: &str, keep| kept(OsStr::new(name), keep);
    let hash = "0".repeat(64);
    let (session, grant) = (format!("s-{hash}"), format!("g-{hash}"));
    assert_eq!(kept(&session, Some(day)), Some(day));
    assert_eq!(kept(&grant, Some(day)), Some(2 * day));
    // Their locks are swept all the same.
    assert_eq!(kept(&session, None), Some(Duration::MAX));
    assert_eq!(kept(&grant, None), Some(Duration::MAX));
    for name in [
        &hash,
        "s-",
        "s-0",
        "x-0",
        &session[1..],
        &grant[..65],
        "g-../x",
    ] {
        assert_eq!(kept(name, Some(day)), None, "{name}");
    }
    let strange = format!("s-{}/", &hash[1..]);
    assert_eq!(kept(&strange, Some(day)), None);
}
