"""The review page in a real browser: 300 cases, keyboard, reload, export, import; what it exports is read back."""

import csv
import json
import os
import pathlib
import subprocess

import browser as chromium
import pytest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = ROOT / "build" / "bin" / "02_review"
SIZES = {"desktop": (1280, 900), "tablet": (820, 1180), "phone": (390, 844)}
NUM_CASES = 300

EVIL = "</script><script>alert(1)</script><!-- \"quotes\" 'single' & \u2028\u2029 \\u003c {{data}}"
EVIL += " <img src=x onerror=alert(2)>"

# Rates what is on the screen as a mouse would and goes on, until the last case.
RATE_REST = """
(() => {
  const press = (selector) => document.querySelector(selector).click();
  let done = 0;
  for (;;) {
    document.querySelectorAll(".answer").forEach((answer, i) => {
      if (answer.querySelectorAll("[type=radio]:checked").length === 2) return;
      press(`#answer-${i} input[value="${VERDICT}"]`);
      press(`#answer-${i} input[name^=quality][value="${1 + ((done + i) % 5)}"]`);
      ++done;
    });
    if (document.querySelector("#unrated").disabled) return done;
    press("#unrated");
  }
})()
"""


def program(*args, returncode=0):
    done = subprocess.run([str(a) for a in (PROGRAM, *args)], capture_output=True, text=True, timeout=120)
    assert done.returncode == returncode, done.stderr
    return done.stdout + done.stderr


def write_study(folder, cases):
    """What a study leaves of a task: cases are (details, reference, answers by model)."""
    pairs, predictions = [], []
    for i, (details, reference, answers) in enumerate(cases):
        case = {"case_id": f"TCGA-{i:04}", "task": "regimen"}
        question = "Write this patient's radiotherapy prescription as one line, like this line for another patient:\n"
        question += "Larynx, regional site; external beam; 250 cGy x 12 fractions; total 3000 cGy"
        pairs.append({**case, "patient_id": f"p{i}", "system": "s", "details": details})
        pairs[-1] |= {"question": question, "answer": reference}
        for model, text in answers.items():
            predictions.append({**case, "model": model, "text": text, "parsed": True, "value": text, "reason": ""})
    folder.mkdir()
    for name, items in [("pairs", pairs), ("predictions", predictions)]:
        lines = (json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def sample_case(i):
    sites = ["Larynx", "Breast", "Brain", "Cervix uteri", "Lung"]
    site = sites[i % len(sites)]
    details = (
        f"Primary site: {site}\nDiagnosis: squamous cell carcinoma, NOS\nAge at diagnosis: {40 + i % 45}\n"
        f"Sex: {'female' if i % 2 else 'male'}\nStage: IV{'AB'[i % 2]}\nT: T{1 + i % 4}\nN: N{i % 3}\nM: M0\n"
        "Prior treatment: none\nResidual disease: R0"
    )

    def line(dose, n):
        return f"{site}, primary tumor field; external beam; {dose} cGy x {n} fractions; total {dose * n} cGy"

    reference = line(200, 25 + i % 10)
    prose = "I would suggest a course of radiotherapy, discussed with the patient and the team. " * (1 + i % 7 // 6 * 9)
    answers = {"original": prose if i % 3 == 0 else line(300, 10), "fine-tuned": line(200, 30) if i % 4 else reference}
    return details, reference, answers


@pytest.fixture(scope="module")
def executable():
    path = chromium.find_chromium()
    if path is None:
        pytest.skip("no Chromium is installed: apt-get install chromium, then run this test again")
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not built; run the tests through `make test`")
    return path


@pytest.fixture
def window(executable, tmp_path):
    window = chromium.Browser(executable, tmp_path / "chromium")
    window.resize(*SIZES["desktop"])
    yield window
    problems, requests, dialogs = window.problems, window.requests, window.dialogs
    window.close()
    assert problems == []
    assert [url for url in requests if not url.startswith(("file:", "blob:"))] == []
    assert [text for text in dialogs if "Replace them" not in text] == []


@pytest.fixture(scope="module")
def review(executable, tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    write_study(folder / "study", [sample_case(i) for i in range(NUM_CASES)])
    program("write", folder / "study", folder / "page" / "review.html", 2, NUM_CASES, 7)
    return folder / "page"


def begin(window, page, reviewer="reviewer-1"):
    window.open(page)
    window.run(
        f"document.querySelector('#reviewer').value = {json.dumps(reviewer)}; document.querySelector('#begin').click()"
    )
    window.wait("!document.querySelector('#review').hidden")


def export(window, kind="json"):
    for old in window.downloads.glob(f"*.{kind}"):
        old.unlink()
    window.run(f"document.querySelector('#export-{kind}').click()")
    return window.downloaded(f"*.{kind}")


def text(window, selector):
    return window.run(f"document.querySelector({json.dumps(selector)}).textContent")


def checked(window):
    """What is chosen on the case shown: verdict and quality of each answer, harm."""
    script = "[...document.querySelectorAll('.answer')].map((a) => ['verdict', 'quality', 'harm'].map((name) => "
    return window.run(script + "a.querySelector(`input[name^=${name}]:checked`)?.value ?? null))")


def test_a_whole_review(window, review, tmp_path):
    page, key = review / "review.html", review / "review_key.json"
    begin(window, page)
    assert text(window, "#case-title").startswith("Case 1 of 300TCGA-")
    assert window.run("document.querySelectorAll('.answer').length") == 3

    # Five cases by keyboard alone.
    for case in range(5):
        window.keys("y", "5", "Enter", "w", "3", "Enter", "x", str(1 + case % 2), "h")
        if case == 2:
            window.keys("t", *'Too much: 2"', "Escape", "r")
        assert text(window, "#case-state") == "Rated"
        window.keys("Enter")
    assert text(window, "#progress-text") == "5 of 300 rated"
    assert text(window, "#case-title").startswith("Case 6 of 300")
    window.keys("b", "w")

    # A reload in the middle loses nothing, not even the place.
    window.reload()
    assert window.run("document.querySelector('#review').hidden")
    window.run("document.querySelector('#begin').click()")
    assert text(window, "#progress-text") == "5 of 300 rated"
    assert text(window, "#case-title").startswith("Case 6 of 300")
    assert checked(window) == [[None, None, None], ["with_changes", None, None], [None, None, None]]
    window.keys("p", "p", "p")
    assert text(window, "#case-title").startswith("Case 3 of 300")
    assert checked(window) == [["acceptable", "5", None], ["with_changes", "3", None], ["unacceptable", "1", "true"]]
    assert window.run("document.querySelector('#note-2').value") == 'Too much: 2"'
    assert window.run("document.querySelector('#reference-wrong').checked")

    early = json.loads(export(window).read_text(encoding="utf-8"))
    assert early["num_complete"] == 5 and len(early["ratings"]) == 6
    assert "reviewer-1: 5 of 300 cases complete." in program("read", key, window.downloaded("*.json"))
    begun = tmp_path / "begun.json"
    window.downloaded("*.json").rename(begun)

    # The rest by script, through the same controls.
    verdict = '["acceptable", "with_changes", "unacceptable"][(i + done) % 3]'
    assert window.run(RATE_REST.replace("VERDICT", verdict)) == 295 * 3
    assert text(window, "#progress-text") == "300 of 300 rated"
    window.keys("u")
    assert "Every case is rated" in text(window, "#message")
    first = export(window).rename(tmp_path / "first.json")
    assert json.loads(first.read_text(encoding="utf-8"))["num_complete"] == 300
    rows = list(csv.reader(export(window, "csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 901 and len({len(row) for row in rows}) == 1
    assert [row[7] for row in rows if row[7] not in ("", "remarks")] == ['Too much: 2"']

    table = program("read", key, first)
    assert "reviewer-1: 300 of 300 cases complete." in table and "The reference itself was called wrong in 1" in table

    # The second reviewer meets the cases in another order; both exports merge.
    order = [item["case_id"] for item in json.loads(first.read_text(encoding="utf-8"))["ratings"]]
    window.run("document.querySelector('#leave').click()")
    begin(window, page, "reviewer-2")
    assert text(window, "#progress-text") == "0 of 300 rated"
    window.run(RATE_REST.replace("VERDICT", '"acceptable"'))
    second = export(window).rename(tmp_path / "second.json")
    other = [item["case_id"] for item in json.loads(second.read_text(encoding="utf-8"))["ratings"]]
    assert order != other and sorted(order) == sorted(other)
    table = program("read", key, first, second)
    assert "2 reviewers" in table and "of 900 answers that several of them judged" in table

    # Refused: twice the same reviewer, an edited export, a cut one.
    assert "reviewer-1 is the reviewer of" in program("read", key, first, begun, returncode=1)
    content = first.read_text(encoding="utf-8")
    edited = tmp_path / "edited.json"
    edited.write_text(content.replace('"unacceptable"', '"acceptable"', 1), encoding="utf-8")
    assert "was changed" in program("read", key, edited, returncode=1)
    edited.write_text(content[: len(content) // 2], encoding="utf-8")
    assert "truncated" in program("read", key, edited, returncode=1)

    # On another computer, the export brings everything back.
    window.run("localStorage.clear()")
    window.reload()
    window.choose_file("#import-start", edited)
    window.wait("!document.querySelector('#fault').hidden")
    assert "cut short" in text(window, "#fault")
    window.choose_file("#import-start", begun)
    window.wait("document.querySelector('#message').textContent.includes('Imported 6 cases')")
    assert text(window, "#progress-text") == "5 of 300 rated" and "reviewer-1" in text(window, "#who")
    window.choose_file("#import", second)
    window.wait("document.querySelector('#message').textContent.includes('belongs to another reviewer')")
    window.choose_file("#import", first)
    window.wait("document.querySelector('#message').textContent.includes('Imported 300 cases')")
    assert len(window.dialogs) == 1 and window.dialogs[0].startswith("1 of the cases")
    again = json.loads(export(window).read_text(encoding="utf-8"))
    assert again["ratings"] == json.loads(content)["ratings"]


def test_a_verdict_can_be_taken_back(window, review):
    begin(window, review / "review.html")
    assert window.run("[0, 1, 2].every((i) => document.querySelector(`#clear-${i}`).disabled)")
    window.keys("0")  # nothing to clear, nothing happens
    assert text(window, "#case-state") == "0 of 3 rated"

    # By keyboard: the current answer alone, its harm and remarks stay.
    window.keys("y", "4", "b", "x", "1", "h", "t", "n", "o", "Escape", "0")
    assert checked(window) == [["acceptable", "4", None], [None, None, "true"], [None, None, None]]
    assert window.run("document.querySelector('#note-1').value") == "no"
    assert text(window, "#case-state") == "1 of 3 rated" and text(window, "#state-1") == "Not rated"
    assert text(window, "#message") == "Verdict and quality of answer B are cleared."
    assert window.run("document.activeElement.id") == "answer-1"
    window.keys("w")  # the next key acts on the same answer
    assert checked(window)[1] == ["with_changes", None, "true"]

    # By mouse.
    window.click("#clear-0")
    assert checked(window)[0] == [None, None, None]
    assert window.run("document.querySelector('#clear-0').disabled && !document.querySelector('#clear-1').disabled")

    # It is saved, and exported as not rated.
    window.reload()
    window.run("document.querySelector('#begin').click()")
    assert checked(window) == [[None, None, None], ["with_changes", None, "true"], [None, None, None]]
    answers = json.loads(export(window).read_text(encoding="utf-8"))["ratings"][0]["answers"]
    assert [a["verdict"] for a in answers] == [None, "with_changes", None]
    window.click("#clear-1")
    program("read", review / "review_key.json", export(window), returncode=1)  # nothing is rated


def test_two_windows_do_not_write_over_each_other(window, review):
    begin(window, review / "review.html")
    window.keys("y", "4")
    # What the other window saved arrives as an event of the storage.
    script = """(() => {
      const name = Object.keys(localStorage).find((key) => key.endsWith("/reviewer-1"));
      const content = JSON.parse(localStorage.getItem(name));
      content.ratings[0].answers[1].verdict = "unacceptable";
      localStorage.setItem(name, JSON.stringify(content));
      window.dispatchEvent(new StorageEvent("storage", { key: name }));
    })()"""
    window.run(script)
    assert checked(window)[1][0] == "unacceptable"
    assert "Another window" in text(window, "#message")
    window.keys("c", "x")
    window.reload()
    window.run("document.querySelector('#begin').click()")
    assert [row[0] for row in checked(window)] == ["acceptable", "unacceptable", "unacceptable"]


def test_hostile_text_stays_text(window, tmp_path):
    long = "word " * 20000
    write_study(tmp_path / "study", [(f"Site: {EVIL}\nno colon {EVIL}", EVIL, {"m": long, EVIL: ""})])
    program("write", tmp_path / "study", tmp_path / "page" / "review.html", 1)
    html = (tmp_path / "page" / "review.html").read_text(encoding="utf-8")
    assert "onerror=alert" not in html.replace("\\u003c", "<").split("application/json")[0]
    begin(window, tmp_path / "page" / "review.html")
    shown = window.run("[...document.querySelectorAll('.words')].map((w) => w.textContent)")
    assert sorted(shown) == sorted([EVIL, long, "This answer is empty."])
    assert window.run("[...document.querySelectorAll('#details dd')].map((d) => d.textContent)") == [
        EVIL,
        f"no colon {EVIL}",
    ]
    assert window.run("document.images.length") == 0
    for size in SIZES.values():
        window.resize(*size)
        assert window.run("document.scrollingElement.scrollWidth <= window.innerWidth")
    window.keys("t", *EVIL[:9], "Escape", "y", "3", "b", "y", "3", "c", "x", "1")
    note = json.loads(export(window).read_text(encoding="utf-8"))["ratings"][0]["answers"][0]["note"]
    assert note == EVIL[:9]
    program("read", tmp_path / "page" / "review_key.json", window.downloaded("*.json"))


def test_a_changed_page_does_not_start(window, review, tmp_path):
    html = (review / "review.html").read_text(encoding="utf-8")
    changed = tmp_path / "changed.html"
    changed.write_text(html.replace("Larynx", "Pharynx", 1) if "Larynx" in html else "", encoding="utf-8")
    window.open(changed)
    assert "changed or cut short" in text(window, "#fault")
    assert window.run("document.querySelector('#start').hidden && document.querySelector('#review').hidden")


@pytest.mark.parametrize("size", SIZES)
def test_everyone_can_read_and_reach_it(window, review, tmp_path, size):
    pictures = pathlib.Path(os.environ.get("RADONC_SCREENSHOTS") or tmp_path)
    checks = (pathlib.Path(__file__).parent / "review_checks.js").read_text(encoding="utf-8")
    window.resize(*SIZES[size])

    def check(name):
        window.screenshot(pictures / f"{size}-{name}.png")
        found = window.run(checks)
        assert found["problems"] == [] and found["texts"] > 10
        assert window.run("document.scrollingElement.scrollWidth <= window.innerWidth"), name
        controls = {"textbox", "radio", "checkbox", "button", "combobox", "DisclosureTriangle", "progressbar"}
        unnamed = [role for role, label in window.accessible() if role in controls and not label.strip()]
        assert unnamed == [], name

    window.open(review / "review.html")
    check("start")
    begin(window, review / "review.html")
    check("first")
    window.keys("y", "4", "Enter", "x", "2", "h")
    check("rated")
    window.run("window.scrollTo(0, 1e6)")
    window.screenshot(pictures / f"{size}-end.png")
    window.keys("v")
    check("one-by-one")
    window.keys("v", "?")
    assert window.run("document.querySelector('#keys').open")
    check("keys")
    window.keys("Escape")
    window.run("document.querySelector('.menu').open = true")
    check("menu")
    window.run("document.querySelector('.menu').open = false")

    # Walking with Tab, the focus can be seen wherever it is.
    window.run("document.querySelector('#case-title').focus()")
    seen = set()
    for _ in range(30):
        window.keys("Tab")
        where = window.run("""(() => {
          const node = document.activeElement, outlined = node.closest(".choice") ?? node;
          const style = getComputedStyle(outlined), box = outlined.getBoundingClientRect();
          const below = box.bottom > document.querySelector("header").getBoundingClientRect().bottom;
          const name = node.id || node.name || node.tagName;
          return [name, style.outlineStyle, parseFloat(style.outlineWidth), below || node.closest("header") !== null];
        })()""")
        if where[0] == "BODY":
            continue
        seen.add(where[0])
        assert where[1] == "solid" and where[2] >= 2, where
        assert where[3], where
    assert {"verdict-0", "quality-0", "harm-0", "note-0", "reference-wrong", "case-note"} <= seen


def test_equal_answers_are_rated_once(window, review, tmp_path):
    pictures = pathlib.Path(os.environ.get("RADONC_SCREENSHOTS") or tmp_path)
    begin(window, review / "review.html")
    for _ in range(NUM_CASES):
        if window.run("document.querySelector('.same') !== null"):
            break
        window.keys("n")
    twin = window.run("Number(document.querySelector('.same').closest('.answer').id.slice(-1))")
    first = "ABC".index(window.run("document.querySelector('.same button').textContent.slice(-1)"))
    window.keys("abc"[first], "w", "2", "h", "t", "x", "Escape")
    window.run("document.querySelector('.same button').click()")
    window.screenshot(pictures / "desktop-same.png")
    assert checked(window)[twin] == checked(window)[first] == ["with_changes", "2", "true"]
    assert window.run(f"document.querySelector('#note-{twin}').value") == "x"
    answers = json.loads(export(window).read_text(encoding="utf-8"))["ratings"][0]["answers"]
    assert answers[twin] == {**answers[first], "label": "ABC"[twin]}


def test_single_keys_can_be_switched_off(window, review):
    begin(window, review / "review.html")
    window.run("document.querySelector('#shortcuts').click()")
    window.keys("y", "5", "n")
    assert checked(window)[0] == [None, None, None]
    assert text(window, "#case-title").startswith("Case 1 of")
    window.reload()
    assert not window.run("document.querySelector('#shortcuts').checked")
