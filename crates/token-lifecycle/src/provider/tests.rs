use alloc::string::ToString;

use super::*;
use crate::{Issuer, Url};

#[test]
fn what_is_known_is_complete_and_safe() {
    for provider in Provider::all() {
        let name = provider.name;
        assert!(!name.is_empty() && !provider.title.is_empty(), "{name}");
        assert!(
            !provider.domains.is_empty() && !provider.mechanisms.is_empty(),
            "{name}"
        );
        assert!(!provider.redirects.is_empty(), "{name}");
        for tenant in [None, Some("contoso.example")] {
            let endpoints = provider.endpoints(tenant).unwrap();
            assert!(!endpoints.token.as_str().contains("tenant"), "{name}");
        }
        if let Some(issuer) = provider.issuer {
            Issuer::new(issuer).unwrap();
        }
        for service in [Service::Imap, Service::Submission] {
            assert!(provider.servers(service).next().is_some(), "{name}");
            assert!(provider.scope(&[service]).is_some(), "{name}");
        }
        for server in provider.servers {
            // Whatever has a server has a scope, and ports mean what they are registered for.
            assert!(provider.scope(&[server.service]).is_some(), "{name}");
            let is_implicit = matches!(server.port, 993 | 995 | 465);
            let is_explicit = matches!(server.port, 143 | 110 | 587);
            assert_eq!(
                (server.implicit_tls, !server.implicit_tls),
                (is_implicit, is_explicit)
            );
            assert!(Url::new(&alloc::format!("https://{}/", server.host)).is_ok());
        }
        for mechanism in provider.mechanisms {
            assert!(
                sasl_core::Kind::Token.mechanisms().contains(mechanism),
                "{name}"
            );
        }
    }
}

#[test]
fn nobody_has_the_domain_of_another() {
    for provider in Provider::all() {
        for domain in provider.domains {
            let domain = domain.strip_prefix('.').unwrap_or(domain);
            assert_eq!(domain, domain.to_ascii_lowercase());
            assert_eq!(
                Provider::for_domain(domain).unwrap().name,
                provider.name,
                "{domain}"
            );
        }
        assert_eq!(Provider::named(provider.name).unwrap().name, provider.name);
    }
}

#[test]
fn look_ups() {
    let domain = |domain| Provider::for_domain(domain).map(|provider| provider.name);
    assert_eq!(domain("GMail.com."), Some("gmail"));
    assert_eq!(domain("contoso.onmicrosoft.com"), Some("microsoft365"));
    assert_eq!(domain("contoso.onmicrosoft.us"), Some("microsoft365-us"));
    assert_eq!(
        domain("contoso.partner.onmschina.cn"),
        Some("microsoft365-cn")
    );
    assert_eq!(domain("hotmail.co.uk"), Some("outlook"));
    for stranger in [
        "",
        ".",
        "example.com",
        "gmail.com.example.com",
        "notgmail.com",
        "x.gmail.com",
        "evilonmicrosoft.com",
        "é.gmail.com",
    ] {
        assert_eq!(domain(stranger), None, "{stranger}");
    }
    let address = |address| Provider::for_address(address).map(|provider| provider.name);
    assert_eq!(address("\"a@aol.com\"@yandex.ru"), Some("yandex"));
    assert_eq!(address("gmail.com"), None);
    let exchanger = |host| Provider::for_exchanger(host).map(|provider| provider.name);
    for (host, name) in [
        ("aspmx.l.google.com.", Some("gmail")),
        (
            "contoso-com.mail.protection.outlook.com",
            Some("microsoft365"),
        ),
        (
            "contoso-com.mail.protection.office365.us",
            Some("microsoft365-us"),
        ),
        (
            "contoso-com.mail.protection.partner.outlook.cn",
            Some("microsoft365-cn"),
        ),
        ("outlook-com.olc.protection.outlook.com", Some("outlook")),
        ("mx-aol.mail.gm0.yahoodns.net", Some("aol")),
        ("mta5.am0.yahoodns.net", Some("yahoo")),
        ("in1-smtp.messagingengine.com", Some("fastmail")),
        ("evilgoogle.com", None),
        ("google.com.example.com", None),
        ("", None),
    ] {
        assert_eq!(exchanger(host), name, "{host}");
    }
    assert_eq!(
        Provider::named("OUTLOOK").map(|provider| provider.name),
        Some("outlook")
    );
    assert!(Provider::named("").is_none());
}

#[test]
fn scopes_are_asked_for_once() {
    let scope = |name, services: &[Service]| Provider::named(name).unwrap().scope(services);
    assert_eq!(
        scope("microsoft365", &[Service::Imap, Service::Submission]).as_deref(),
        Some(
            "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
        )
    );
    assert_eq!(
        scope(
            "mailru",
            &[Service::Imap, Service::Submission, Service::Imap]
        )
        .as_deref(),
        Some("userinfo mail.imap")
    );
    assert_eq!(scope("gmail", &[Service::Imap, Service::ManageSieve]), None);
    assert_eq!(scope("yandex", &[Service::Pop]), None);
}

#[test]
fn a_tenant_leads_nowhere_else() {
    let microsoft = Provider::named("microsoft365").unwrap();
    for tenant in ["", ".", "..", "a/b", "a?b", "a@b", "a#b", "%2e", "a b", "é"] {
        assert_eq!(
            microsoft.endpoints(Some(tenant)),
            Err(crate::InvalidUrl::Tenant),
            "{tenant}"
        );
    }
    assert_eq!(
        microsoft.endpoints(None).unwrap().authorization.to_string(),
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"
    );
}

/// Secrets of one cloud must not come to another, and none knows the scopes of the others.
#[test]
fn nothing_of_one_cloud_leads_to_another() {
    let clouds = [
        (
            "microsoft365",
            [".microsoftonline.com", ".office.com", ".office365.com"],
        ),
        (
            "microsoft365-us",
            [".microsoftonline.us", ".office365.us", ".office365.us"],
        ),
        (
            "microsoft365-cn",
            [
                ".microsoftonline.cn",
                ".partner.outlook.cn",
                ".partner.outlook.cn",
            ],
        ),
    ];
    for (name, ends) in clouds {
        let provider = Provider::named(name).unwrap();
        let endpoints = provider.endpoints(None).unwrap();
        let device = endpoints.device.unwrap();
        let scopes = provider.scopes.iter().map(|(_, scope)| *scope);
        let unattended = provider.unattended.unwrap().scope;
        let urls = [&endpoints.authorization, &endpoints.token, &device];
        let hosts = urls.into_iter().map(|url| url.host().to_string());
        let issuers = [provider.issuer, provider.document_issuer].map(Option::unwrap);
        let hosts = hosts
            .chain(scopes.chain([unattended]).chain(issuers).map(|url| {
                let host = url.strip_prefix("https://").unwrap().split('/').next();
                host.unwrap().to_string()
            }))
            .chain(
                provider
                    .servers
                    .iter()
                    .map(|server| server.host.to_string()),
            );
        for host in hosts {
            let is_ours = ends
                .iter()
                .any(|end| alloc::format!(".{host}").ends_with(end));
            assert!(is_ours, "{name}: {host}");
        }
        for service in [Service::Imap, Service::Pop, Service::Submission] {
            assert_eq!(provider.servers(service).count(), 1, "{name}");
        }
        assert!(provider.quirks().renames_scopes, "{name}");
    }
    let us = Provider::named("microsoft365-us").unwrap();
    assert_eq!(
        us.endpoints(Some("contoso.onmicrosoft.us"))
            .unwrap()
            .token
            .to_string(),
        "https://login.microsoftonline.us/contoso.onmicrosoft.us/oauth2/v2.0/token"
    );
    let china = Provider::named("microsoft365-cn").unwrap();
    assert_eq!(
        china
            .scope(&[Service::Imap, Service::Submission])
            .as_deref(),
        Some(
            "https://partner.outlook.cn/IMAP.AccessAsUser.All https://partner.outlook.cn/SMTP.Send offline_access"
        )
    );
}

#[test]
fn quirks_are_those_of_the_data() {
    let quirks = |name| Provider::named(name).unwrap().quirks();
    assert!(quirks("gmail").never_rotates && !quirks("outlook").never_rotates);
    assert!(quirks("outlook").renames_scopes);
    assert_eq!(
        quirks("outlook").invalid_grant_throttle_prefix,
        Some("AADSTS50196")
    );
    assert_eq!(quirks("fastmail"), Quirks::default());
}
