// What a reviewer has entered: kept in localStorage, exported, imported.
const LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const VERDICTS = [
  ["acceptable", "Acceptable", "Y"],
  ["with_changes", "Acceptable with changes", "W"],
  ["unacceptable", "Unacceptable", "X"],
];
const dataText = document.getElementById("data").textContent;
const checksum = document.querySelector('meta[name="radonc-review-checksum"]').content;
const intact = sha256(dataText) === checksum;
const page = intact ? JSON.parse(dataText) : { cases: [], reviewers: [] };

// Half of a surrogate pair, as a cut paste leaves it, becomes U+FFFD: the export must be UTF-8.
const wellFormed = (text) => new TextDecoder().decode(new TextEncoder().encode(text));

const stored = {
  works: true,
  get(name) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
      this.works = true;
    } catch {
      this.works = false;
    }
    return this.works;
  },
};

class Ratings {
  constructor(reviewer) {
    this.reviewer = reviewer.name;
    this.cases = reviewer.cases.map((index) => page.cases[index]);
    this.name = `radonc-review/${checksum}/${reviewer.name}`;
    this.exported = true; // whether the last change is in an exported file
    this.load();
  }

  load() {
    this.byCase = new Map();
    const kept = stored.get(this.name);
    if (kept && !this.fault(kept)) this.take(kept.ratings);
  }

  save() {
    this.exported = false;
    return stored.set(this.name, this.content());
  }

  of(item) {
    if (!this.byCase.has(item.case_id)) {
      const answers = item.answers.map((_, i) => ({ label: LABELS[i], verdict: null, quality: null, harm: false, note: "" }));
      this.byCase.set(item.case_id, { case_id: item.case_id, reference_wrong: false, note: "", answers });
    }
    return this.byCase.get(item.case_id);
  }

  static rated(answer) {
    return answer.verdict !== null && answer.quality !== null;
  }

  static touched(rating) {
    const written = (a) => a.verdict !== null || a.quality !== null || a.harm || a.note !== "";
    return rating.reference_wrong || rating.note !== "" || rating.answers.some(written);
  }

  numRated(item) {
    return this.of(item).answers.filter(Ratings.rated).length;
  }

  complete(item) {
    return this.numRated(item) === item.answers.length;
  }

  content() {
    return {
      format: "radonc-review",
      version: 1,
      page: checksum,
      reviewer: this.reviewer,
      exported_at: new Date().toISOString(),
      num_assigned: this.cases.length,
      num_complete: this.cases.filter((item) => this.complete(item)).length,
      ratings: this.cases.map((item) => this.of(item)).filter(Ratings.touched),
    };
  }

  // The checksum covers all that stands before it, as JSON.stringify writes it.
  json() {
    const content = this.content();
    return JSON.stringify({ ...content, checksum: sha256(JSON.stringify(content)) }, null, 1) + "\n";
  }

  csv() {
    const quoted = (value) => {
      const text = String(value ?? "");
      const harmless = /^[=+\-@\t\r]/.test(text) ? "'" + text : text; // a spreadsheet must not take it for a formula
      return '"' + harmless.replace(/"/g, '""') + '"';
    };
    const names = ["page", "reviewer", "case_id", "answer", "verdict", "quality", "harm", "remarks", "reference_wrong", "case_remarks"];
    const rows = [names];
    for (const r of this.content().ratings)
      for (const a of r.answers)
        rows.push([checksum, this.reviewer, r.case_id, a.label, a.verdict, a.quality, a.harm, a.note, r.reference_wrong, r.note]);
    return "\uFEFF" + rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  }

  // Why the content cannot be taken, or nothing.
  fault(content) {
    if (content === null || typeof content !== "object" || content.format !== "radonc-review" || content.version !== 1)
      return "it is no export of such a page";
    if (content.page !== checksum) return "it belongs to another page";
    if (content.reviewer !== this.reviewer) return "it belongs to another reviewer";
    const mine = new Map(this.cases.map((item) => [item.case_id, item]));
    const verdicts = [null, ...VERDICTS.map(([name]) => name)];
    const good = (r) =>
      r !== null && typeof r === "object" && mine.has(r.case_id) && typeof r.reference_wrong === "boolean" &&
      typeof r.note === "string" && Array.isArray(r.answers) && r.answers.length === mine.get(r.case_id).answers.length &&
      r.answers.every(
        (a, i) =>
          a !== null && typeof a === "object" && a.label === LABELS[i] && verdicts.includes(a.verdict) &&
          [null, 1, 2, 3, 4, 5].includes(a.quality) && typeof a.harm === "boolean" && typeof a.note === "string",
      );
    if (!Array.isArray(content.ratings) || !content.ratings.every(good)) return "its ratings do not fit this page";
    return "";
  }

  // Ratings without a fault; fields that an export does not have are left behind.
  take(ratings) {
    for (const r of ratings) {
      const answers = r.answers.map(({ label, verdict, quality, harm, note }) => ({ label, verdict, quality, harm, note }));
      this.byCase.set(r.case_id, { case_id: r.case_id, reference_wrong: r.reference_wrong, note: r.note, answers });
    }
  }

  // How many of these ratings differ from what is there.
  numReplaced(ratings) {
    const differs = (r) => {
      const old = this.byCase.get(r.case_id);
      return old !== undefined && Ratings.touched(old) && JSON.stringify(old) !== JSON.stringify(r);
    };
    return ratings.filter(differs).length;
  }
}

// An exported file's content; throws an Error that says why it is none.
function parseExport(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error("it is not JSON, or was cut short");
  }
  if (content === null || typeof content !== "object") throw new Error("it is no export of such a page");
  const { checksum: found, ...rest } = content;
  if (content.format === "radonc-review" && found !== sha256(JSON.stringify(rest))) throw new Error("it was changed after the export");
  return content;
}
