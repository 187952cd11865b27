//! What an IMAP server offers: one line at once, and in small pieces through the machine.

use std::hint::black_box;

use imap_auth::{Options, Probe, parse};
use imap_codec::{GreetingCodec, ResponseCodec, decode::Decoder};
use imap_next::{
    Interrupt, Io, State,
    client::{Client, Event, Options as ClientOptions},
};
use imap_types::response::{Code, Data, Response};
use io_imap::{
    codec::fragmentizer::Fragmentizer,
    coroutine::{ImapCoroutine, ImapCoroutineState, ImapYield},
    rfc3501::{
        capability::ImapCapabilityGet,
        greeting::{ImapGreetingGet, ImapGreetingGetOptions},
    },
};
use mail_login_benches::{
    Table,
    count::heap_of,
    floor::{self, OAUTHBEARER, SASL_IR, STARTTLS, XOAUTH2},
    inputs::{
        DOVECOT_CAPABILITY, DOVECOT_GREETING, GMAIL_CAPABILITY, GMAIL_GREETING, OUTLOOK_CAPABILITY,
        OUTLOOK_GREETING,
    },
    peers,
};
use memchr::memchr;
use sasl_core::{Capabilities, Machine, Mechanism, Outcome, Step};

fn main() {
    line("Dovecot, greeting with a list", DOVECOT_GREETING, true);
    line("Gmail, list", GMAIL_CAPABILITY, false);
    line("Outlook, list", OUTLOOK_CAPABILITY, false);
    line("Dovecot, list of 36 names", DOVECOT_CAPABILITY, false);
    line("Gmail, greeting without a list", GMAIL_GREETING, true);
    line("Outlook, greeting without a list", OUTLOOK_GREETING, true);
    for size in [1, 16, 64] {
        pieces(size);
    }
}

fn line(title: &str, line: &'static [u8], greeting: bool) {
    let wanted = floor::imap::capabilities(line);
    let (ours, heap) = heap_of(|| ours(line));
    assert_eq!((ours, heap.allocs), (wanted, 0), "{title}");
    let mut table = Table::new(format!("{title}, {} octets", line.len()));
    table.floor("one walk with `memchr`", || {
        floor::imap::capabilities(black_box(line))
    });
    table.ours("`imap_auth::parse::greeting`", || {
        parse::greeting(black_box(line))
    });

    assert_eq!(Some(imap_proto(line)), wanted, "{title}");
    table.other("imap-proto 0.17.0", || imap_proto(black_box(line)));
    assert_eq!(Some(imap_codec(line, greeting)), wanted, "{title}");
    table.other("imap-codec 2.0.0-alpha.10", || {
        imap_codec(black_box(line), greeting)
    });
    assert_eq!(Some(imap_next(line, greeting)), wanted, "{title}");
    table.other("imap-next 0.3.4", || imap_next(black_box(line), greeting));
    if greeting {
        assert_eq!(Some(io_imap_greeting(line)), wanted, "{title}");
        table.other("io-imap 0.7.1", || io_imap_greeting(black_box(line)));
    } else {
        assert_eq!(Some(io_imap_command(line)), wanted, "{title}");
        table.other("io-imap 0.7.1, whole command", || {
            io_imap_command(black_box(line))
        });
    }
    table.run();
}

/// Dovecot's greeting, so many octets at a time.
fn pieces(size: usize) {
    let options = Options::new();
    let chunks = || black_box(DOVECOT_GREETING).chunks(size);
    let mut table = Table::new(format!("Dovecot, greeting in pieces of {size}"));
    let mut buffer = Vec::with_capacity(1024);
    table.floor("collect, search only what is new, one walk", move || {
        buffer.clear();
        for chunk in chunks() {
            let old = buffer.len();
            buffer.extend_from_slice(chunk);
            if memchr(b'\n', &buffer[old..]).is_some() {
                return floor::imap::capabilities(&buffer);
            }
        }
        None
    });
    assert!(
        probe(&options, &mut chunks())
            .mechanisms()
            .contains(Mechanism::OAuthBearer)
    );
    table.ours("`imap_auth::Probe`, made anew", || {
        probe(&options, &mut chunks())
    });

    table.other("imap-next 0.3.4", move || {
        let mut client = Client::new(ClientOptions::default());
        for chunk in chunks() {
            client.enqueue_input(chunk);
            match client.next() {
                Ok(Event::GreetingReceived { .. }) => return true,
                Err(Interrupt::Io(Io::NeedMoreInput)) => {}
                other => panic!("{other:?}"),
            }
        }
        false
    });
    table.other("io-imap 0.7.1", move || {
        let mut fragmentizer = Fragmentizer::new(50 << 20);
        let mut machine = ImapGreetingGet::new(ImapGreetingGetOptions::default());
        let _ = machine.resume(&mut fragmentizer, None);
        for chunk in chunks() {
            match machine.resume(&mut fragmentizer, Some(chunk)) {
                ImapCoroutineState::Complete(Ok(_)) => return true,
                ImapCoroutineState::Yielded(_) => {}
                other => panic!("{other:?}"),
            }
        }
        false
    });
    let mut buffer = Vec::with_capacity(1024);
    table.other("imap-proto 0.17.0, once more for each piece", move || {
        buffer.clear();
        for chunk in chunks() {
            buffer.extend_from_slice(chunk);
            if let Ok((_, response)) = imap_proto::Response::parse(&buffer) {
                return matches!(response, imap_proto::Response::Data { .. });
            }
        }
        false
    });
    table.run();
}

/// The greeting as it comes.
fn probe(options: &Options, chunks: &mut dyn Iterator<Item = &[u8]>) -> Capabilities {
    let mut machine = Probe::in_clear(options.clone());
    loop {
        match machine.poll() {
            Ok(Step::Event(_)) => {}
            Ok(Step::Read) => machine.handle_input(chunks.next().expect("the greeting is all")),
            Ok(Step::Done(Outcome::Accepted(offered))) => break offered,
            other => panic!("{other:?}"),
        }
    }
}

fn ours(line: &[u8]) -> Option<u32> {
    let offer = parse::greeting(line).ok()?;
    let bits = [
        (offer.allows_initial_response(), SASL_IR),
        (offer.starttls(), STARTTLS),
        (
            offer.mechanisms().contains(Mechanism::OAuthBearer),
            OAUTHBEARER,
        ),
        (offer.mechanisms().contains(Mechanism::XOAuth2), XOAUTH2),
    ];
    Some(
        bits.iter()
            .filter(|(is_so, _)| *is_so)
            .map(|(_, bit)| bit)
            .sum(),
    )
}

fn imap_proto(line: &[u8]) -> u32 {
    use imap_proto::{Capability, Response, ResponseCode};

    let list = match Response::parse(line).expect("it is well-formed").1 {
        Response::Capabilities(list) => list,
        Response::Data { outcome, .. } => match outcome.code {
            Some(ResponseCode::Capabilities(list)) => list,
            _ => return 0,
        },
        other => panic!("{other:?}"),
    };
    let bit = |capability: &Capability<'_>| match capability {
        Capability::Atom(name) if name.eq_ignore_ascii_case("SASL-IR") => SASL_IR,
        Capability::Atom(name) if name.eq_ignore_ascii_case("STARTTLS") => STARTTLS,
        Capability::Auth(name) if name.eq_ignore_ascii_case("OAUTHBEARER") => OAUTHBEARER,
        Capability::Auth(name) if name.eq_ignore_ascii_case("XOAUTH2") => XOAUTH2,
        _ => 0,
    };
    list.iter().map(bit).fold(0, |all, one| all | one)
}

fn imap_codec(line: &[u8], greeting: bool) -> u32 {
    if greeting {
        let (_, greeting) = GreetingCodec::new()
            .decode(line)
            .expect("it is well-formed");
        return of_code(greeting.code);
    }
    match ResponseCodec::new()
        .decode(line)
        .expect("it is well-formed")
        .1
    {
        Response::Data(Data::Capability(list)) => peers::imap_codec::bits(list.as_ref()),
        other => panic!("{other:?}"),
    }
}

fn imap_next(line: &[u8], greeting: bool) -> u32 {
    let mut options = ClientOptions::default();
    options.discard_greeting = !greeting;
    let mut client = Client::new(options);
    client.enqueue_input(line);
    match client.next() {
        Ok(Event::GreetingReceived { greeting }) => of_code(greeting.code),
        Ok(Event::DataReceived {
            data: Data::Capability(list),
        }) => peers::imap_codec::bits(list.as_ref()),
        other => panic!("{other:?}"),
    }
}

fn of_code(code: Option<Code<'_>>) -> u32 {
    match code {
        Some(Code::Capability(list)) => peers::imap_codec::bits(list.as_ref()),
        _ => 0,
    }
}

fn io_imap_greeting(line: &[u8]) -> u32 {
    let mut fragmentizer = Fragmentizer::new(50 << 20);
    let mut machine = ImapGreetingGet::new(ImapGreetingGetOptions::default());
    let _ = machine.resume(&mut fragmentizer, None);
    match machine.resume(&mut fragmentizer, Some(line)) {
        ImapCoroutineState::Complete(Ok(greeting)) => peers::imap_codec::bits(&greeting.capability),
        other => panic!("{other:?}"),
    }
}

fn io_imap_command(line: &[u8]) -> u32 {
    let mut fragmentizer = Fragmentizer::new(50 << 20);
    let mut machine = ImapCapabilityGet::new();
    let ImapCoroutineState::Yielded(ImapYield::WantsWrite(mut command)) =
        machine.resume(&mut fragmentizer, None)
    else {
        panic!("it asks first");
    };
    command.truncate(memchr(b' ', &command).expect("there is a tag"));
    let _ = machine.resume(&mut fragmentizer, None);
    let mut answer = Vec::with_capacity(600);
    answer.extend_from_slice(line);
    answer.extend_from_slice(&command);
    answer.extend_from_slice(b" OK done\r\n");
    match machine.resume(&mut fragmentizer, Some(&answer)) {
        ImapCoroutineState::Complete(Ok(list)) => peers::imap_codec::bits(&list),
        other => panic!("{other:?}"),
    }
}
