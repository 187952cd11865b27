// Looks now and then whether the session still lives, as a program in the browser does for each of its requests:
// 401 says that the user has to sign in and why, 503 when to try again.
"use strict";

const NOTICE = document.getElementById("notice");
const PAUSE = 20;
let timer;

function say(text, link) {
  NOTICE.replaceChildren(text, ...(link ? [" ", link] : []));
  NOTICE.hidden = text === "";
}

// Whether something was written that would be lost with this page: since it came, or before, where the server shows
// again what it did not take.
function isWriting() {
  const fields = [...document.querySelectorAll("form.letter input:not([type=hidden]), form.letter textarea")];
  return (
    document.querySelector("form[data-unsaved]") !== null || fields.some((field) => field.value !== field.defaultValue)
  );
}

// Signs in beside this page, whose form works again afterwards.
function signInBeside(reason) {
  const link = document.createElement("a");
  link.href = `/sign-in?reason=${encodeURIComponent(reason)}`;
  link.target = "_blank";
  link.textContent = "Sign in again in another tab";
  say("Your session has ended. What you have written is still here:", link);
}

function again(seconds) {
  clearTimeout(timer);
  timer = setTimeout(look, 1000 * seconds);
}

async function look() {
  let answer;
  try {
    answer = await fetch("/api/session", { headers: { Accept: "application/json" } });
  } catch {
    say("This site cannot be reached at the moment.");
    return again(PAUSE);
  }
  if (answer.status === 401) {
    const { reason } = await answer.json();
    if (isWriting()) {
      signInBeside(reason);
      return again(PAUSE);
    }
    const next = encodeURIComponent(location.pathname + location.search);
    location.assign(`/sign-in?reason=${encodeURIComponent(reason)}&next=${next}`);
    return;
  }
  if (answer.status === 503) {
    say("The sign-in service cannot be reached at the moment. You stay signed in.");
    return again(Number(answer.headers.get("Retry-After")) || PAUSE);
  }
  say("");
  again(PAUSE);
}

// Times come in UTC.
const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const date = new Date(time.dateTime);
  if (!Number.isNaN(date.getTime())) time.textContent = CLOCK.format(date);
}

again(PAUSE);
document.addEventListener("visibilitychange", () => document.hidden || look());
