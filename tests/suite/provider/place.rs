//! A directory with all that processes need to keep a grant of a provider.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use harness::provider::OidcProvider;
use mail_login_blocking::tokens::{FileStore, HttpClient, Settings, clock};
use token_lifecycle::{Audience, Client, Options, Timers, Tokens, Url};

use crate::{
    scene::{MAIL, Scene},
    window::Window,
};

pub(crate) struct Place {
    directory: PathBuf,
    /// Whether it is removed at the end.
    ours: bool,
}

impl Place {
    /// A new one, for this client of this provider. Nobody is signed in.
    pub(crate) fn new(provider: &OidcProvider, client: &str) -> Self {
        let name = format!("mail-login-storm-{}", clock::owner().unwrap());
        let directory = env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let mut place = Self::furnish(directory, provider, client);
        place.ours = true;
        place
    }

    /// In this directory, which is somebody else's.
    pub(crate) fn furnish(directory: PathBuf, provider: &OidcProvider, client: &str) -> Self {
        let place = Self::at(directory);
        fs::copy(provider.ca(), place.ca()).unwrap();
        fs::write(place.directory.join("client"), client).unwrap();
        let scene = place.scene(provider);
        let endpoint = scene.metadata.token_endpoint().unwrap().as_str();
        fs::write(place.directory.join("endpoint"), endpoint).unwrap();
        place
    }

    /// One that is there.
    pub(crate) fn at(directory: PathBuf) -> Self {
        let ours = false;
        Self { directory, ours }
    }

    /// The tokens of a new sign-in.
    pub(crate) fn tokens(&self, provider: &OidcProvider) -> Tokens {
        self.scene(provider).signed_in(&self.client(), MAIL)
    }

    fn scene<'a>(&self, provider: &'a OidcProvider) -> Scene<'a> {
        Scene::new(provider, Box::new(self.http()))
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    pub(crate) fn http(&self) -> HttpClient {
        HttpClient::new().extra_ca_file(self.ca()).unwrap()
    }

    pub(crate) fn store(&self) -> FileStore {
        FileStore::new(self.directory.join("private/grant.json"))
    }

    pub(crate) fn window(&self) -> Window {
        Window::in_directory(&self.directory)
    }

    pub(crate) fn settings(&self, timers: Timers) -> Settings {
        let audience = Audience::new("mail").with_resource(MAIL);
        let options = Options::new(clock::owner().unwrap(), audience)
            .with_seed(clock::seed().unwrap())
            .with_timers(timers);
        let endpoint = Url::new(&self.read("endpoint")).unwrap();
        Settings::new(endpoint, self.client(), options)
    }

    /// Whether all have been told to end.
    pub(crate) fn is_over(&self) -> bool {
        self.directory.join("end").exists()
    }

    fn client(&self) -> Client {
        Client::public(&self.read("client")).unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}
