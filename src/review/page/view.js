// One case on the screen. Text enters the page as text nodes only.
const $ = (id) => document.getElementById(id);

function make(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (key.includes("-") || key === "for" || key === "role") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children);
  return node;
}

class View {
  constructor(ratings) {
    this.ratings = ratings;
    this.settingsName = ratings.name + "/settings";
    const kept = stored.get(this.settingsName) ?? {};
    this.position = Number.isInteger(kept.position) && ratings.cases[kept.position] ? kept.position : 0;
    this.single = kept.single === true;
    this.answer = 0; // the current one
    const options = ratings.cases.map((_, i) => make("option", { value: String(i) }));
    $("jump").replaceChildren(...options);
    $("who").textContent = `You are ${ratings.reviewer}.`;
    this.show(this.position);
    for (let i = 0; i < ratings.cases.length; ++i) this.markOption(i);
  }

  get item() {
    return this.ratings.cases[this.position];
  }

  get rating() {
    return this.ratings.of(this.item);
  }

  message(text, bad = false) {
    $("message").textContent = text;
    $("message").classList.toggle("bad", bad);
  }

  show(position) {
    this.position = position;
    this.answer = 0;
    const { item, rating } = this;
    $("case-title").replaceChildren(
      `Case ${position + 1} of ${this.ratings.cases.length}`, make("small", {}, item.case_id));
    $("details").replaceChildren(...item.details.split("\n").filter((line) => line.trim()).map((line) => {
      const colon = line.indexOf(": ");
      const parts = colon > 0 ? [make("dt", {}, line.slice(0, colon)), make("dd", {}, line.slice(colon + 2))]
                              : [make("dt", { className: "hidden-text" }, "Detail"), make("dd", {}, line)];
      return make("div", {}, ...parts);
    }));
    $("question").textContent = item.question;
    $("answers").replaceChildren(...item.answers.map((_, i) => this.card(i)));
    $("tabs").replaceChildren(...item.answers.map((_, i) =>
      make("button", { type: "button", onclick: () => this.go(i) }, `Answer ${LABELS[i]}`)));
    $("reference-wrong").checked = rating.reference_wrong;
    $("case-note").value = rating.note;
    $("jump").value = String(position);
    $("previous").disabled = position === 0;
    $("next").disabled = position + 1 === this.ratings.cases.length;
    this.message("");
    this.refresh();
    this.keepSettings();
    for (const words of document.querySelectorAll(".words"))
      if (words.scrollHeight > words.clientHeight + 1) words.tabIndex = 0; // a long text scrolls by keyboard, too
  }

  card(i) {
    const text = this.item.answers[i];
    const name = `answer ${LABELS[i]}`;
    const answer = this.rating.answers[i];
    const input = (type, field, value, label, key) =>
      make("label", { className: "choice" + (field === "harm" ? " harm" : "") },
        make("input", { type, name: `${field}-${i}`, value: String(value),
          checked: type === "checkbox" ? answer[field] : answer[field] === value,
          onchange: (event) => this.change(i, field, type === "checkbox" ? event.target.checked : value) }),
        make("span", {}, label, ...(key ? [" ", make("kbd", {}, key)] : [])));
    const same = this.item.answers.indexOf(text);
    const note = make("textarea", { id: `note-${i}`, rows: 2, maxLength: 4000, value: answer.note,
      oninput: (event) => this.change(i, "note", wellFormed(event.target.value)) });
    return make("article", { className: "answer", id: `answer-${i}`, tabIndex: -1, "aria-labelledby": `title-${i}`,
                             onfocusin: () => this.mark(i) },
      make("div", { className: "heading" }, make("h3", { id: `title-${i}` }, `Answer ${LABELS[i]}`),
        make("span", { className: "chip", id: `state-${i}` })),
      make("div", { className: text.trim() ? "words" : "words empty", role: "region", "aria-label": `Text of ${name}` },
        text.trim() ? text : "This answer is empty."),
      ...(same < i ? [make("div", { className: "same soft" }, `Same text as answer ${LABELS[same]}.`,
        make("button", { type: "button", "aria-label": `Rate ${name} like answer ${LABELS[same]}`,
          onclick: () => this.copy(same, i) }, `Rate like ${LABELS[same]}`))] : []),
      make("fieldset", {}, make("legend", {}, "Verdict", make("span", { className: "hidden-text" }, ` on ${name}`)),
        ...VERDICTS.map(([value, label, key]) => input("radio", "verdict", value, label, key))),
      make("fieldset", {}, make("legend", {}, "Quality", make("span", { className: "hidden-text" }, ` of ${name}, 1 is worst and 5 is best`)),
        make("div", { className: "scale" }, ...[1, 2, 3, 4, 5].map((value) => input("radio", "quality", value, String(value)))),
        make("p", { className: "ends", "aria-hidden": "true" }, make("span", {}, "worst"), make("span", {}, "best"))),
      make("button", { type: "button", className: "clear", id: `clear-${i}`, onclick: () => this.clear(i) },
        "Clear verdict and quality", make("span", { className: "hidden-text" }, ` of ${name}`), " ", make("kbd", {}, "0")),
      input("checkbox", "harm", true, "Could harm the patient", "H"),
      make("label", { className: "text", for: `note-${i}` },
        make("span", {}, "Remarks", make("span", { className: "hidden-text" }, ` on ${name}`)), make("kbd", {}, "T")),
      note);
  }

  // Takes verdict and quality back; harm and remarks have ways of their own.
  clear(i) {
    Object.assign(this.rating.answers[i], { verdict: null, quality: null });
    $(`answer-${i}`).replaceWith(this.card(i));
    this.message(`Verdict and quality of answer ${LABELS[i]} are cleared.`);
    this.save();
    this.go(i);
  }

  change(i, field, value) {
    const target = i === null ? this.rating : this.rating.answers[i];
    target[field] = value;
    this.save();
  }

  save() {
    const saved = this.ratings.save();
    $("saved").textContent = saved ? `Saved ${new Date().toLocaleTimeString()}` : "";
    if (!saved) this.message("This browser does not keep what you enter. Export a JSON file before you close the page.", true);
    this.refresh();
  }

  // States and selections as they are; what has the focus keeps it.
  refresh() {
    const { item, ratings } = this;
    const rated = ratings.numRated(item);
    $("case-state").textContent = rated === item.answers.length ? "Rated" : `${rated} of ${item.answers.length} rated`;
    $("case-state").classList.toggle("complete", rated === item.answers.length);
    item.answers.forEach((_, i) => {
      const { verdict, quality } = this.rating.answers[i];
      $(`clear-${i}`).disabled = verdict === null && quality === null;
      const done = Ratings.rated(this.rating.answers[i]);
      $(`state-${i}`).textContent = done ? "Rated" : "Not rated";
      $(`state-${i}`).classList.toggle("complete", done);
    });
    for (const choice of document.querySelectorAll("#review .choice"))
      choice.classList.toggle("on", choice.querySelector("input").checked);
    const complete = ratings.cases.filter((other) => ratings.complete(other)).length;
    $("progress").max = ratings.cases.length;
    $("progress").value = complete;
    $("progress-text").textContent = `${complete} of ${ratings.cases.length} rated`;
    $("unrated").disabled = complete === ratings.cases.length;
    this.markOption(this.position);
    this.mark(this.answer);
  }

  markOption(i) {
    const done = this.ratings.complete(this.ratings.cases[i]);
    $("jump").options[i].textContent = `${i + 1}${done ? " ✓ rated" : ""}`;
  }

  // Makes an answer the current one, which the keys act on.
  mark(i) {
    this.answer = i;
    $("answers").classList.toggle("single", this.single);
    $("tabs").hidden = !this.single;
    $("view").setAttribute("aria-pressed", String(this.single));
    this.item.answers.forEach((_, k) => {
      $(`answer-${k}`).classList.toggle("current", k === i);
      $(`answer-${k}`).hidden = this.single && k !== i;
      $("tabs").children[k].setAttribute("aria-pressed", String(k === i));
    });
  }

  go(i) {
    if (i < 0 || i >= this.item.answers.length) return;
    this.mark(i);
    $(`answer-${i}`).focus({ preventScroll: true });
    $(`answer-${i}`).scrollIntoView({ block: "nearest" });
  }

  open(position) {
    if (position < 0 || position >= this.ratings.cases.length) return;
    this.show(position);
    window.scrollTo(0, 0);
    $("case-title").focus({ preventScroll: true });
  }

  openUnrated() {
    const { cases } = this.ratings;
    for (let step = 1; step <= cases.length; ++step) {
      const position = (this.position + step) % cases.length;
      if (!this.ratings.complete(cases[position])) return this.open(position);
    }
    this.message("Every case is rated. Export the JSON file and hand it in.");
  }

  advance() {
    if (this.answer + 1 < this.item.answers.length) return this.go(this.answer + 1);
    if (this.position + 1 < this.ratings.cases.length) return this.open(this.position + 1);
    this.openUnrated();
  }

  copy(from, to) {
    Object.assign(this.rating.answers[to], { ...this.rating.answers[from], label: LABELS[to] });
    $(`answer-${to}`).replaceWith(this.card(to));
    this.save();
    this.go(to);
  }

  toggleView() {
    this.single = !this.single;
    this.mark(this.answer);
    (this.single ? $("tabs") : $(`answer-${this.answer}`)).scrollIntoView({ block: "nearest" });
    this.keepSettings();
  }

  keepSettings() {
    stored.set(this.settingsName, { position: this.position, single: this.single });
  }
}
