"""Logs in with imaplib or smtplib. What to do comes as JSON on standard input."""

import imaplib
import json
import smtplib
import ssl
import sys

MESSAGE = "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: hello\r\n\r\n.Hello\r\n"


def first_message(case):
    user, token = case["user"], case["token"]
    if case["mechanism"] == "XOAUTH2":
        return f"user={user}\1auth=Bearer {token}\1\1"
    host, port = case["host"], case["port"]
    return f"n,a={user},\1host={host}\1port={port}\1auth=Bearer {token}\1\1"


def answers(case):
    """The first message, and to the explanation of a refusal what the mechanism wants."""
    last = "\1" if case["mechanism"] == "OAUTHBEARER" else ""
    said = iter([first_message(case)])
    return lambda challenge=None: next(said, last)


def imap(case, tls):
    if case["implicit"]:
        client = imaplib.IMAP4_SSL(case["host"], case["port"], ssl_context=tls, timeout=20)
    else:
        client = imaplib.IMAP4(case["host"], case["port"], timeout=20)
        client.starttls(tls)
    answer = answers(case)
    try:
        client.authenticate(case["mechanism"], lambda challenge: answer(challenge).encode())
    except imaplib.IMAP4.error as error:
        client.logout()
        sys.exit(f"refused: {error}")
    status, count = client.select("INBOX")
    client.logout()
    print("in:", status, count)


def smtp(case, tls):
    if case["implicit"]:
        client = smtplib.SMTP_SSL(case["host"], case["port"], context=tls, timeout=20)
    else:
        client = smtplib.SMTP(case["host"], case["port"], timeout=20)
        client.starttls(context=tls)
    client.ehlo_or_helo_if_needed()
    try:
        said = client.auth(case["mechanism"], answers(case))
    except smtplib.SMTPAuthenticationError as error:
        client.quit()
        sys.exit(f"refused: {error}")
    client.sendmail(case["user"], ["bob@example.com"], MESSAGE)
    client.quit()
    print("in:", said)


def main():
    case = json.load(sys.stdin)
    tls = ssl.create_default_context(cafile=case["ca"])
    {"imap": imap, "smtp": smtp}[case["protocol"]](case, tls)


main()
