// Start, keys, files.
let view = null;

function download(name, type, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function exportAs(kind) {
  const { ratings } = view;
  const name = `review-${ratings.reviewer.replace(/[^A-Za-z0-9._-]+/g, "_")}-${checksum.slice(0, 8)}.${kind}`;
  if (kind === "json") download(name, "application/json", ratings.json());
  else download(name, "text/csv;charset=utf-8", ratings.csv());
  if (kind === "json") ratings.exported = true;
  view.message(`Exported ${name} with ${ratings.content().num_complete} of ${ratings.cases.length} cases rated.`);
}

function begin(name) {
  const ratings = new Ratings(page.reviewers.find((reviewer) => reviewer.name === name));
  $("start").hidden = true;
  $("review").hidden = false;
  view = new View(ratings);
  window.scrollTo(0, 0);
  $("case-title").focus({ preventScroll: true });
  return view;
}

function leave() {
  view = null;
  $("review").hidden = true;
  $("start").hidden = false;
  document.querySelector(".menu").open = false;
  $("reviewer").focus();
}

async function importFile(input) {
  const file = input.files[0];
  if (!file) return;
  const refuse = (reason) => {
    const text = `${file.name} was not imported: ${reason}.`;
    if (view) view.message(text, true);
    else fault(text);
  };
  try {
    const content = parseExport(await file.text());
    if (!view && content.page === checksum && page.reviewers.some((r) => r.name === content.reviewer)) begin(content.reviewer);
    const reason = view ? view.ratings.fault(content) : "it belongs to another page";
    if (reason) return refuse(reason);
    const replaced = view.ratings.numReplaced(content.ratings);
    const question = `${replaced} of the cases in this file have other ratings here. Replace them by the file's?`;
    if (replaced > 0 && !window.confirm(question)) return refuse("you kept the ratings that are here");
    view.ratings.take(content.ratings);
    view.save();
    for (let i = 0; i < view.ratings.cases.length; ++i) view.markOption(i);
    view.show(view.position);
    fault("");
    document.querySelector(".menu").open = false;
    view.message(`Imported ${content.ratings.length} cases from ${file.name}.`);
  } catch (error) {
    refuse(error.message);
  } finally {
    input.value = "";
  }
}

function fault(text) {
  $("fault").textContent = text;
  $("fault").hidden = text === "";
}

// Presses what a mouse would press, so that both take the same road.
function press(selector) {
  const control = document.querySelector(`#answer-${view.answer} ${selector}`);
  control?.focus({ preventScroll: true });
  control?.click();
}

function onKey(event) {
  if (!view || event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
  const typing = event.target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");
  if (event.key === "Escape") {
    document.querySelector(".menu").open = false;
    if (event.target.id === "case-note") $("case-title").focus({ preventScroll: true });
    else if (typing) view.go(view.answer);
    return;
  }
  if (typing || !$("shortcuts").checked || event.isComposing) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Enter" && event.target.closest("button, summary, a")) return;
  const verdict = VERDICTS.find(([, , letter]) => letter.toLowerCase() === key);
  const commands = {
    Enter: () => view.advance(),
    ".": () => view.go(view.answer + 1),
    ",": () => view.go(view.answer - 1),
    0: () => press(".clear"),
    h: () => press("input[name^=harm]"),
    t: () => $(`note-${view.answer}`).focus(),
    r: () => $("reference-wrong").click(),
    n: () => view.open(view.position + 1),
    p: () => view.open(view.position - 1),
    u: () => view.openUnrated(),
    v: () => view.toggleView(),
    "?": () => $("keys").showModal(),
  };
  const letter = key.length === 1 ? LABELS.indexOf(key.toUpperCase()) : -1;
  if (verdict) press(`input[value="${verdict[0]}"]`);
  else if (/^[1-5]$/.test(key)) press(`input[name^=quality][value="${key}"]`);
  else if (Object.hasOwn(commands, key)) commands[key]();
  else if (letter >= 0 && letter < view.item.answers.length) view.go(letter);
  else return;
  event.preventDefault();
}

// Another tab with the same page and reviewer has saved: show what it saved, and do not write over it later.
function onStorage(event) {
  if (!view || event.key !== view.ratings.name) return;
  view.ratings.load();
  view.show(view.position);
  for (let i = 0; i < view.ratings.cases.length; ++i) view.markOption(i);
  view.message("Another window changed these ratings. They are shown as saved there.");
}

function start() {
  if (!intact) return fault("This page was changed or cut short. Ask for a new copy; ratings given here could not be used.");
  $("start").hidden = false;
  $("reviewer").replaceChildren(...page.reviewers.map(({ name, cases }) =>
    make("option", { value: name }, `${name} (${cases.length} cases)`)));
  document.querySelector(".keys-here").append($("keys").querySelector("table").cloneNode(true));
  $("begin").onclick = () => {
    fault("");
    begin($("reviewer").value);
    stored.set(`radonc-review/${checksum}`, { reviewer: view.ratings.reviewer });
  };
  const last = stored.get(`radonc-review/${checksum}`)?.reviewer;
  if (page.reviewers.some(({ name }) => name === last)) $("reviewer").value = last;
  $("shortcuts").checked = stored.get("radonc-review/shortcuts") !== false;
  $("shortcuts").onchange = () => stored.set("radonc-review/shortcuts", $("shortcuts").checked);
  $("import").onchange = (event) => importFile(event.target);
  $("import-start").onchange = (event) => importFile(event.target);
  $("export-json").onclick = () => exportAs("json");
  $("export-csv").onclick = () => exportAs("csv");
  $("leave").onclick = leave;
  $("help").onclick = () => $("keys").showModal();
  $("keys-close").onclick = () => $("keys").close();
  $("view").onclick = () => view.toggleView();
  $("jump").onchange = () => view.open(Number($("jump").value));
  $("previous").onclick = () => view.open(view.position - 1);
  $("next").onclick = () => view.open(view.position + 1);
  $("unrated").onclick = () => view.openUnrated();
  $("reference-wrong").onchange = (event) => view.change(null, "reference_wrong", event.target.checked);
  $("case-note").oninput = (event) => view.change(null, "note", wellFormed(event.target.value));
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const menu = document.querySelector(".menu");
    if (!menu.contains(event.target)) menu.open = false;
  });
  window.addEventListener("storage", onStorage);
  window.addEventListener("beforeunload", (event) => {
    if (view && !stored.works && !view.ratings.exported) event.preventDefault();
  });
}

start();
