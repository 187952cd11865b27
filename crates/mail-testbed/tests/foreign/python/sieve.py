"""Logs in with sievelib. What to do comes as JSON on standard input."""

import json
import sys

from sievelib.managesieve import Client, Error


def main():
    case = json.load(sys.stdin)
    client = Client(case["host"], case["port"])
    try:
        accepted = client.connect(
            case["user"],
            case["token"],
            ssl=case["implicit"],
            starttls=not case["implicit"],
            authmech=case["mechanism"],
        )
    except Error as error:
        sys.exit(f"failed: {error}")
    if not accepted:
        sys.exit(f"refused: {client.errmsg}")
    scripts = client.listscripts()
    client.logout()
    print("in:", scripts)


main()
