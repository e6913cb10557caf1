// The playground's page: shows one person's conversation, posts what they do, and hears of what is new.

const words = JSON.parse(document.getElementById("words").textContent);
const say = (key, facts = {}) =>
  Object.entries(facts).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key]);
const $ = (id) => document.getElementById(id);
const HUES = 7;

let people = [];
let played = null; // the person whose conversation is shown
let now = null;
const unread = new Map(JSON.parse(sessionStorage.getItem("unread") ?? "[]"));
const drafts = new Map();

// --- small parts ---------------------------------------------------------------------------------------------------

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// HTML from our own server, in which every text is escaped already.
function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Ids are unique within one message only: a prefix makes them unique in the page.
function scope(root, prefix) {
  for (const each of root.querySelectorAll("[id]")) each.id = `${prefix}-${each.id}`;
  for (const each of root.querySelectorAll("label[for]")) each.htmlFor = `${prefix}-${each.htmlFor}`;
  for (const each of root.querySelectorAll("[aria-describedby]")) {
    const ids = each.getAttribute("aria-describedby").split(" ");
    each.setAttribute("aria-describedby", ids.map((id) => `${prefix}-${id}`).join(" "));
  }
  return root;
}

// In the time of the school of whoever is played.
function moment(iso, date) {
  const part = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: played?.zone, ...options }).format(new Date(iso));
  return `${part({ weekday: date.weekday })} ${part({ ...date, weekday: undefined })}, ${part({ hour: "2-digit", minute: "2-digit" })}`;
}
const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const SHORT = { weekday: "short", day: "numeric", month: "short" };

const initials = (name) => {
  const parts = name.split(/\s+/).filter(Boolean);
  return ((parts[0]?.[0] ?? "") + (parts.length > 1 ? parts.at(-1)[0] : "")).toUpperCase();
};
const hue = (name) => [...name].reduce((sum, sign) => (Math.imul(sum, 16777619) ^ sign.codePointAt(0)) >>> 0, 2166136261) % HUES;
const avatar = (name) => element("span", { class: `avatar hue-${hue(name)}`, "aria-hidden": "true" }, initials(name));

let statusTimer;
function status(text, { stays = false, unseen = false } = {}) {
  clearTimeout(statusTimer);
  // Beside an open dialog nothing is seen or read out.
  (document.querySelector("dialog[open]") ?? document.body).append($("status"));
  $("status").className = unseen ? "unseen" : "";
  $("status").textContent = text;
  if (text && !stays) statusTimer = setTimeout(() => ($("status").textContent = ""), 6000);
}

// --- the server ----------------------------------------------------------------------------------------------------

class Failed extends Error {
  constructor(sentence, lines = []) {
    super(sentence);
    this.lines = lines;
  }
}

async function ask(path, options) {
  let answer, found;
  try {
    answer = await fetch(path, options);
    found = await answer.json();
  } catch {
    throw new Failed(answer ? words.failed : words.lost);
  }
  if (!answer.ok) throw new Failed(found.error ?? words.failed, found.lines);
  return found;
}

function post(path, posted) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(posted) });
}

// --- people --------------------------------------------------------------------------------------------------------

async function loadPeople() {
  const found = await ask("/api/people");
  people = found.people;
  setClock(found.now);
  showPeople();
}

function showPeople() {
  const wanted = $("filter").value.trim().toLocaleLowerCase();
  const fits = (person) => `${person.name} ${person.school} ${person.roles}`.toLocaleLowerCase().includes(wanted);
  const shown = people.filter(fits);
  const schools = Map.groupBy ? Map.groupBy(shown, (person) => person.group) : grouped(shown);
  $("schools").replaceChildren(...[...schools].map(([school, members], number) => {
    const title = element("h2", { id: `school-${number}` }, school);
    const list = element("ul", { "aria-labelledby": title.id }, ...members.map((each) => element("li", {}, personButton(each))));
    return element("section", {}, title, list);
  }));
  $("nobody").hidden = shown.length > 0;
  oneTabStop();
}

function grouped(shown) {
  const schools = new Map();
  for (const person of shown) schools.set(person.group, [...(schools.get(person.group) ?? []), person]);
  return schools;
}

function personButton(person) {
  const text = element("span", {}, element("span", { class: "name" }, person.name), element("span", { class: "roles" }, person.group === person.school ? person.roles : `${person.roles} · ${person.school}`));
  const button = element("button", { type: "button", class: "person", "data-person": person.id, "aria-current": String(person.id === played?.id) }, avatar(person.name), text);
  const count = unread.get(person.id) ?? 0;
  if (count) button.append(badge(count));
  return button;
}

function badge(count) {
  const shown = element("span", { class: "badge", "aria-hidden": "true" }, count > 99 ? "99+" : String(count));
  return element("span", {}, shown, element("span", { class: "unseen" }, say("unread", { n: count })));
}

// Forty people are one stop for the tabulator; arrows go from one to the next.
function oneTabStop() {
  const buttons = [...$("schools").querySelectorAll("button")];
  const current = buttons.find((each) => each.getAttribute("aria-current") === "true") ?? buttons[0];
  for (const each of buttons) each.tabIndex = each === current ? 0 : -1;
}

$("schools").addEventListener("keydown", (event) => {
  const buttons = [...$("schools").querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  buttons[Math.max(0, Math.min(to, buttons.length - 1))].focus();
});
$("schools").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-person]");
  if (button) guarded(() => play(button.dataset.person, true));
});
$("filter").addEventListener("input", showPeople);
$("filter").addEventListener("keydown", (event) => {
  const first = $("schools").querySelector("button");
  if ((event.key === "ArrowDown" || event.key === "Enter") && first) {
    event.preventDefault();
    first.focus();
  }
});
$("show-people").addEventListener("click", () => {
  const open = $("people").classList.toggle("open");
  $("show-people").setAttribute("aria-expanded", String(open));
  if (open) $("filter").focus();
});

function setUnread(id, count) {
  unread.set(id, count);
  sessionStorage.setItem("unread", JSON.stringify([...unread]));
  const button = $("schools").querySelector(`button[data-person="${CSS.escape(id)}"]`);
  button?.querySelector(".badge")?.parentElement.remove();
  if (button && count) button.append(badge(count));
  const all = [...unread.values()].reduce((sum, each) => sum + each, 0);
  $("show-people").replaceChildren(words.people, ...(all ? [badge(all)] : []));
}

async function play(id, chosen = false) {
  const person = people.find((each) => each.id === id);
  if (!person) return;
  if (played) drafts.set(played.id, $("message").value);
  played = person;
  sessionStorage.setItem("played", id);
  for (const each of $("schools").querySelectorAll("button")) {
    each.setAttribute("aria-current", String(each.dataset.person === id));
  }
  oneTabStop();
  setUnread(id, 0);
  $("who").replaceChildren(`${words["you-are"]} ${person.name} · ${person.roles} · ${person.school}`);
  $("message").value = drafts.get(id) ?? "";
  $("log").replaceChildren();
  lines.clear();
  setClock(now);
  if (chosen && $("people").classList.contains("open")) {
    $("people").classList.remove("open");
    $("show-people").setAttribute("aria-expanded", "false");
    $("conversation").focus();
  }
  await refresh(true);
}

// --- the conversation ----------------------------------------------------------------------------------------------

const lines = new Map(); // id → what is shown: its HTML and its element
let refreshing = Promise.resolve();

// What is shown becomes what is kept; a line that didn't change stays, with whatever is typed into it.
function refresh(whole = false) {
  refreshing = refreshing.catch(() => {}).then(() => fetchLines(whole));
  return refreshing;
}

async function fetchLines(whole) {
  const person = played;
  const found = await ask(`/api/lines?person=${encodeURIComponent(person.id)}`);
  if (person !== played) return;
  const log = $("log");
  // A conversation just opened is not read out from its beginning.
  log.setAttribute("aria-live", whole ? "off" : "polite");
  const wasAtEnd = whole || log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  let newest = null;
  const kept = new Set(found.map((line) => line.id));
  for (const [id, shown] of lines) {
    if (kept.has(id)) continue;
    shown.node.remove();
    lines.delete(id);
  }
  for (const line of found) {
    const before = lines.get(line.id);
    if (before?.html === line.html && before.at === line.at) continue;
    const node = showLine(line, !whole);
    const held = before?.node.contains(document.activeElement);
    if (before) before.node.replaceWith(node);
    else log.append(node);
    lines.set(line.id, { html: line.html, at: line.at, node });
    if (held) node.focus();
    newest = node;
  }
  log.querySelector(".nothing")?.remove();
  if (!lines.size) {
    log.append(element("div", { class: "nothing" }, element("p", {}, words["nothing-yet"]), element("p", {}, words["first-steps"])));
  }
  if (newest && wasAtEnd) scrollTo(newest);
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
}

// To the end; of a message longer than the window, to where it begins.
function scrollTo(newest) {
  const log = $("log");
  if (newest.offsetHeight < log.clientHeight) log.scrollTop = log.scrollHeight;
  else log.scrollTop = newest.offsetTop - log.offsetTop;
}

function showLine(line, isNew) {
  const byBot = line.author === "bot";
  const who = byBot ? words.bot : words.you;
  const meta = `${who} · ${moment(line.at, SHORT)}${line.replaced ? ` · ${words.changed}` : ""}`;
  const card = element("div", { class: "card" }, fragment(line.html));
  const previews = Object.keys(line.previews).sort();
  if (previews.length) card.append(element("div", { class: "raw" }, ...previews.map((name) => raw(`as-${name}`, line.previews[name]))));
  const classes = `line ${byBot ? "" : "person-says"} ${isNew ? "new" : ""}`;
  const node = element("div", { class: classes, "data-line": line.id, tabindex: "-1" });
  if (byBot) node.append(element("span", { class: "avatar hue-bot", "aria-hidden": "true" }, "J"));
  node.append(element("div", { class: "meta" }, meta), scope(card, `line-${line.id}`));
  return node;
}

function raw(key, json) {
  const details = element("details", {}, element("summary", {}, words[key]));
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("pre")) details.append(element("pre", { tabindex: "0", "aria-label": words[key] }, json));
  });
  return details;
}

// --- what the person does --------------------------------------------------------------------------------------------

// One after the other, and whatever goes wrong is said kindly.
let doing = Promise.resolve();
function guarded(act) {
  doing = doing.then(act).catch((error) => {
    status(error instanceof Failed ? error.message : words.failed);
    if (!(error instanceof Failed)) console.error(error);
  });
}

// One id for one thing done, drawn when it is pressed and kept until it is taken: a double click, or trying again
// after a failure, happens once.
const idOf = (node) => (node.dataset.id ??= crypto.randomUUID());

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(sayWords);
});
$("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
});

let pending = null; // what was typed and not yet taken keeps its id, so that trying again happens once
async function sayWords() {
  const text = $("message").value;
  if (!text.trim()) return $("message").focus();
  if (pending?.text !== text || pending.person !== played.id) pending = { id: crypto.randomUUID(), text, person: played.id };
  const done = await post("/api/say", pending);
  if ($("message").value === text) $("message").value = ""; // and nothing that was typed meanwhile
  pending = null;
  $("log").scrollTop = $("log").scrollHeight;
  await refresh();
  follow(done, null, $("message"));
}

$("attach").addEventListener("click", () => $("attached").click());
$("attached").addEventListener("change", () => {
  const [file] = $("attached").files;
  if (file) guarded(() => sendFile(file));
});
$("conversation").addEventListener("dragover", (event) => event.preventDefault());
$("conversation").addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file && played) guarded(() => sendFile(file));
});

async function sendFile(file) {
  const text = $("message").value;
  const form = new FormData();
  for (const [name, value] of Object.entries({ id: crypto.randomUUID(), person: played.id, text })) form.append(name, value);
  form.append("file", file);
  $("attached").value = ""; // the same file may be sent once more
  const done = await ask("/api/file", { method: "POST", body: form });
  if ($("message").value === text) $("message").value = "";
  await refresh();
  follow(done, null, $("message"));
}

$("log").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-press]");
  if (!button || event.detail > 1) return; // the second click of a double click is no press of its own
  const [id, person, line] = [idOf(button), played.id, lineOf(button)];
  guarded(() => press(button, { id, person, line, press: button.dataset.press }));
});

async function press(button, posted) {
  if (button.dataset.id !== posted.id) return; // a double click: taken already
  const done = await post("/api/press", posted);
  delete button.dataset.id; // taken: the next press is another one
  await refresh();
  follow(done, posted.line, button);
}

const lineOf = (node) => Number(node.closest("[data-line]")?.dataset.line) || null;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-form]");
  if (!form) return;
  event.preventDefault();
  const { line, person } = $("form").contains(form) ? opened : { line: lineOf(form), person: played.id };
  const about = { form: form.dataset.form, context: form.dataset.context, values: valuesOf(form) };
  const posted = { id: idOf(form), person, line, ...about };
  guarded(() => submit(form, posted));
});

async function submit(form, posted) {
  if (form.dataset.id !== posted.id) return;
  const done = await post("/api/submit", posted);
  delete form.dataset.id;
  if (done.errors) return showErrors(form, done.errors);
  if ($("form").contains(form)) $("form").close();
  await refresh();
  follow(done, posted.line, $("message"));
}

function valuesOf(form) {
  const data = new FormData(form);
  return Object.fromEntries([...new Set(data.keys())].map((key) => {
    const all = data.getAll(key);
    return [key, all.length > 1 ? all : all[0]];
  }));
}

function showErrors(form, { html }) {
  const inDialog = $("form").contains(form);
  const prefix = inDialog ? "dialog" : `line-${lineOf(form)}`;
  const fields = scope(fragment(html), prefix).querySelector(".fields");
  form.querySelector(".fields").replaceWith(fields);
  (fields.querySelector("[aria-invalid]") ?? fields.querySelector("input, textarea"))?.focus();
}

function follow(done, line, opener) {
  if (done.open) openForm(done.open, line, opener);
  else if (opener?.isConnected === false && !document.activeElement?.closest("[data-line]")) $("message").focus();
}

// --- dialogs ---------------------------------------------------------------------------------------------------------

let opened = { line: null, person: null, opener: null };

function openForm({ title, html }, line, opener) {
  opened = { line, person: played.id, opener };
  $("form-title").textContent = title;
  const body = $("form").querySelector(".body");
  body.replaceChildren(scope(fragment(html), "dialog"));
  body.querySelector(".row").append(element("button", { type: "button", "data-close": "" }, words.cancel));
  $("form").showModal();
  (body.querySelector("input:checked, input, textarea") ?? $("form-title")).focus();
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => event.target.closest("[data-close]") && dialog.close());
}
$("form").addEventListener("close", () => {
  // The browser has put the focus back already, unless what had it is gone; and somebody may have moved on since.
  if (document.activeElement && document.activeElement !== document.body) return;
  const { opener, line } = opened;
  const back = opener?.isConnected ? opener : $("log").querySelector(`[data-line="${line}"]`);
  (back ?? $("message")).focus();
});

$("open-import").addEventListener("click", () => {
  $("import-outcome").replaceChildren();
  $("import").showModal();
});
$("import").addEventListener("close", () => $("open-import").focus());
$("import").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(() => importRoster(event.submitter?.value ?? "yes"));
});

async function importRoster(dryRun) {
  const outcome = (sentence, found) => {
    const items = found.map((line) => element("li", {}, line));
    $("import-outcome").replaceChildren(element("p", {}, sentence), element("ul", {}, ...items));
  };
  const file = $("roster").files[0];
  if (!file) {
    outcome(words["import-no-file"], []);
    return $("roster").focus();
  }
  const data = new FormData();
  data.append("dry_run", dryRun);
  data.append("administrators", $("administrators").value);
  data.append("file", file);
  outcome(words["import-working"], []);
  try {
    const done = await ask("/api/import", { method: "POST", body: data });
    outcome(words[dryRun === "yes" ? "import-difference" : "import-done"], done.lines);
    if (dryRun !== "yes") await loadPeople();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    outcome(error.message, error.lines);
  }
}

// --- time ------------------------------------------------------------------------------------------------------------

function setClock(iso) {
  now = iso;
  if (!iso) return;
  $("clock").textContent = moment(iso, LONG);
  $("clock").dateTime = iso;
}

document.querySelector(".travel").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-travel]");
  if (button) guarded(() => travel(button));
});

async function travel(button) {
  status(words.travelling, { stays: true });
  document.body.setAttribute("aria-busy", "true");
  try {
    const found = await post("/api/travel", { by: button.dataset.travel });
    setClock(found.now);
    await refresh();
    status(say("arrived", { day: moment(found.now, LONG) }), { unseen: true }); // the clock shows it
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

// --- what is new -----------------------------------------------------------------------------------------------------

let soon;
function listen() {
  const source = new EventSource("/events");
  let lost = false;
  source.onopen = () => {
    if (lost) {
      status(words.back);
      loadPeople().then(() => played && refresh()).catch(() => {});
    }
    lost = false;
  };
  source.onerror = () => {
    if (!lost) status(words.lost, { stays: true });
    lost = true;
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
  source.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    if (!told.person) return void loadPeople().catch(() => {});
    if (told.person !== played?.id) {
      if (told.is_news) setUnread(told.person, (unread.get(told.person) ?? 0) + 1);
      return;
    }
    clearTimeout(soon);
    soon = setTimeout(() => refresh().catch(() => {}), 60);
  };
}
addEventListener("beforeunload", () => ($("status").hidden = true));

guarded(async () => {
  await loadPeople();
  listen();
  const before = sessionStorage.getItem("played");
  await play(people.some((each) => each.id === before) ? before : people[0]?.id);
});
