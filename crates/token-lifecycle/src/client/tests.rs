use alloc::format;

use super::*;

fn header(client: Result<Client, InvalidClient>) -> String {
    client.unwrap().authorization().unwrap().expose().into()
}

fn body(client: Result<Client, InvalidClient>) -> String {
    let mut form = Form::new();
    client.unwrap().add_to(&mut form);
    form.as_str().into()
}

/// <https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1> and section 4.3.2.
#[test]
fn basic_of_the_standard() {
    let ways: [fn(&str, &'static str) -> _; 2] = [Client::basic, Client::raw_basic];
    for client in ways {
        assert_eq!(
            header(client("s6BhdRkqt3", "gX1fBat3bV")),
            "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
        );
        assert_eq!(
            header(client("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw")),
            "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"
        );
    }
}

#[test]
fn basic_encoded_first_or_raw() {
    assert_eq!(
        header(Client::basic("my client", "p@ss:wörd+%")),
        "Basic bXkrY2xpZW50OnAlNDBzcyUzQXclQzMlQjZyZCUyQiUyNQ=="
    );
    assert_eq!(
        header(Client::raw_basic("my client", "p@ss:wörd+%")),
        "Basic bXkgY2xpZW50OnBAc3M6d8O2cmQrJQ=="
    );
    // Both readings agree on secrets as Microsoft makes them.
    assert_eq!(
        header(Client::basic("a-b", "q8Q~x_Y.z~~")),
        header(Client::raw_basic("a-b", "q8Q~x_Y.z~~"))
    );
}

#[test]
fn a_client_shows_itself_in_one_place() {
    assert_eq!(body(Client::basic("id", "secret")), "");
    assert_eq!(body(Client::public("my id")), "client_id=my+id");
    assert_eq!(
        body(Client::post("id", "s&c=t")),
        "client_id=id&client_secret=s%26c%3Dt"
    );
    assert_eq!(
        body(Client::assertion("id", "a.b.c")),
        "client_id=id&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c"
    );
    for client in [
        Client::public("id"),
        Client::post("id", "secret"),
        Client::assertion("id", "a.b.c"),
    ] {
        assert!(client.unwrap().authorization().is_none());
    }
}

#[test]
fn what_is_refused() {
    let long = "x".repeat(1025);
    for id in ["", "a\nb", "a\u{7f}", &long] {
        assert_eq!(Client::public(id), Err(InvalidClient::Id), "{id:?}");
        assert_eq!(
            Client::basic(id, "secret"),
            Err(InvalidClient::Id),
            "{id:?}"
        );
    }
    for secret in ["", "a\r\n", &long] {
        let ways: [fn(&str, String) -> _; 3] = [Client::basic, Client::raw_basic, Client::post];
        for client in ways {
            assert_eq!(
                client("id", secret.into()),
                Err(InvalidClient::Secret),
                "{secret:?}"
            );
        }
    }
    for assertion in ["", "a b", "a.b.ö", "a.b\n"] {
        assert_eq!(
            Client::assertion("id", assertion),
            Err(InvalidClient::Secret)
        );
    }
}

#[test]
fn secrets_are_not_shown() {
    for client in [
        Client::basic("id", "hunter2"),
        Client::raw_basic("id", "hunter2"),
        Client::post("id", "hunter2"),
        Client::assertion("id", "hunter2"),
    ] {
        let shown = format!("{client:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
