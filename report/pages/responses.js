// Filters, the table and two panes. Texts of models reach the page as text nodes alone; KaTeX makes
// MathML of the formulas among them, without trusting them.
"use strict";

const PROBLEM = 0, CELL = 1, SAMPLE = 2, VERDICT = 3, RULE = 4, LENIENT_RULE = 5, EXTRACTED = 6,
  LENIENT = 7, PARSED = 8, LENIENT_PARSED = 9, GOLD_PARSED = 10, TOKENS = 11, THINKING = 12, PART = 13;
const FILTERS = ["benchmark", "cell", "problem", "verdict", "other"];
const MATH = {
  output: "mathml", throwOnError: false, errorCallback: () => {}, strict: "ignore", trust: false,
  maxExpand: 100, maxSize: 20, ignoredClasses: ["katex-error"],
  delimiters: [
    { left: "$$", right: "$$", display: true }, { left: "\\[", right: "\\]", display: true },
    { left: "\\(", right: "\\)", display: false }, { left: "$", right: "$", display: false },
  ],
};
const loads = new Map();  // by the name of a part: its promise, and what keeps it
const chosen = (name) => document.getElementById(name);
let about, benchmark, rows = [], table;

// A page opened from a file may not fetch; it may add a script, which calls this with its data.
function part(name, value) {
  if (name === "start") start(value);
  else loads.get(name).done(value);
}

function load(name) {
  if (!loads.has(name)) {
    const one = {};
    one.promise = new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `data/${name}.js`;
      script.onerror = () => failed(new Error(`data/${name}.js is missing`));
      one.done = done;
      document.head.append(script);
    });
    loads.set(name, one);
  }
  return loads.get(name).promise;
}

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function fill(select, options, first) {
  const before = select.value;
  select.replaceChildren();
  for (const [value, text] of first ? [["", first], ...options] : options) {
    const option = make("option", text);
    option.value = value;
    select.append(option);
  }
  select.value = [...select.options].some((one) => one.value === before) ? before : select.options[0]?.value;
}

function called(group) {
  const one = about.groups[group];
  const asked = `${about.labels[one.train] ?? one.train} \u2192 ${about.labels[one.test] ?? one.test}`;
  return about.single ? asked : [one.model, one.sample, one.recipe, asked].filter(Boolean).join(", ");
}

const group = (row) => about.cells[row[CELL]].group;
const problem = (row) => about.benchmarks[benchmark].problems[row[PROBLEM]];
const short = (text, length = 60) => (text.length > length ? `${text.slice(0, length)}\u2026` : text);

function formula(text) {
  const element = make("span", text);
  if (text !== null && /[\\^_{]/.test(text)) {
    try {
      katex.render(text, element, { ...MATH, throwOnError: true });
    } catch {
      element.textContent = text;
    }
  }
  return element;
}

function prose(text) {
  const element = make("div", text, "text");
  element.dir = "auto";
  renderMathInElement(element, MATH);
  return element;
}

// The score of a cell and all that it was made of, nearest first, as Snakemake noted it.
function made(score) {
  const folded = make("details", undefined, "made");
  folded.append(make("summary", "What its score was made of"));
  folded.addEventListener("toggle", async () => {
    if (folded.children.length > 1) return;
    const check = make("p", "Noted when it was made. Whether a file has changed since: ", "soft");
    check.append(make("code", `python scripts/trace_file.py ${score}`));
    folded.append(check);
    const links = await load(`made/${benchmark}`);
    const known = Object.keys(links).find((path) => path.endsWith(score)) ?? score;
    const waiting = [known];
    for (const path of waiting) {
      const [facts, inputs, faults] = links[path] ?? [["not recorded"], [], []];
      waiting.push(...inputs.filter((one) => !waiting.includes(one)));
      const list = make("ul", undefined, "soft");
      for (const one of faults) list.append(make("li", one, "verdict contradicted"));
      for (const one of facts) list.append(make("li", one));
      folded.append(make("code", path), list);
    }
  });
  return folded;
}

async function pane(row, place) {
  const of = benchmark;  // another one may be chosen while this waits
  const article = make("article", undefined, "pane");
  const cell = about.cells[row[CELL]];
  const [id, golds] = problem(row);
  article.append(make("h3", `${called(cell.group)}, replicate ${cell.replicate + 1}, response ${row[SAMPLE] + 1}`));
  const facts = make("dl");
  const fact = (name, ...values) => {
    const one = make("dd");
    one.append(...values);
    facts.append(make("dt", name), one);
  };
  fact("verdict", make("span", row[VERDICT], "verdict"), ` (${row[RULE]})`);
  // An answer as it was written, and, where that differs, as it was read to be compared.
  const side = (name, texts, parsed, ...more) => {
    const read = parsed === null ? [] : [" read as ", make("code", parsed)];
    const written = texts.flatMap((text, place) => (place ? [" or ", formula(text)] : [formula(text)]));
    fact(name, ...(written.length ? written : ["nothing"]), ...read, ...more);
  };
  const some = (text) => (text === null ? [] : [text]);
  side("gold", golds, row[GOLD_PARSED]);
  side("in its box", some(row[EXTRACTED]), row[PARSED]);
  if (row[LENIENT] !== row[EXTRACTED])
    side("anywhere", some(row[LENIENT]), row[LENIENT_PARSED], ` (${row[LENIENT_RULE]})`);
  fact("tokens", `${row[TOKENS]}, of them ${row[THINKING]} of thinking`);
  fact("problem", make("code", id));
  fact("file", make("code", `results/generations/${cell.path}.parquet`));
  article.append(facts, made(`results/scores/${cell.path}.json`));
  const questions = (await load(`questions/${cell.questions}`))[row[PROBLEM]] ?? [];
  article.append(make("h3", "Question"));
  for (const [role, pieces] of questions[row[SAMPLE] % questions.length] ?? []) {
    article.append(make("div", role, "soft"));
    const box = make("div", undefined, "text");
    box.dir = "auto";
    for (const [text, context] of pieces) box.append(make(context ? "mark" : "span", text));
    renderMathInElement(box, MATH);
    article.append(box);
  }
  if (row[PART] < 0) {
    article.append(make("p", "Its text is not in this report; it stands in the file above.", "soft"));
    return article;
  }
  const [thinking, answer] = (await load(`texts/${of}/${row[PART]}`))[place];
  if (thinking) {
    const folded = make("details");
    folded.append(make("summary", `Thinking: ${row[THINKING]} tokens`));
    folded.addEventListener("toggle", () => {
      if (folded.children.length === 1) folded.append(prose(thinking));
    });
    article.append(folded);
  }
  article.append(make("h3", "Answer"), answer ? prose(answer) : make("p", "none", "soft"));
  return article;
}

// The same problem in another cell, of the same replicate and sample where there are such.
function beside(row) {
  const other = chosen("other").value;
  if (other === "") return -1;
  let best = -1, most = -1;
  rows.forEach((one, place) => {
    if (one[PROBLEM] !== row[PROBLEM] || group(one) !== Number(other)) return;
    const alike = 2 * (about.cells[one[CELL]].replicate === about.cells[row[CELL]].replicate)
      + (one[SAMPLE] === row[SAMPLE]);
    if (alike > most) [best, most] = [place, alike];
  });
  return best;
}

// What was asked for last is what is shown, whatever loads first.
let asked = 0;

async function show(place) {
  const mine = (asked += 1);
  const places = [place, beside(rows[place])].filter((one) => one >= 0);
  const panes = await Promise.all(places.map((one) => pane(rows[one], one)));
  if (mine !== asked) return;
  document.getElementById("panes").replaceChildren(...panes);
  document.getElementById("panes").dataset.row = place;
  remember();
}

function kept(row) {
  const [cell, one, verdict] = ["cell", "problem", "verdict"].map((name) => chosen(name).value);
  return (cell === "" || group(row) === Number(cell)) && (one === "" || row[PROBLEM] === Number(one))
    && (verdict === "" || row[VERDICT] === verdict);
}

// The address holds what is chosen, so that a view can be linked to.
function remember() {
  const words = new URLSearchParams();
  for (const name of FILTERS) if (chosen(name).value) words.set(name, chosen(name).value);
  const row = document.getElementById("panes").dataset.row;
  if (row !== undefined) words.set("row", row);
  history.replaceState(null, "", `#${words}`);
}

async function choose(name) {
  asked += 1;
  benchmark = name;
  rows = await load(`rows/${name}`);
  const groups = [...new Set(rows.map(group))].map((one) => [one, called(one)]);
  fill(chosen("cell"), groups, "all");
  fill(chosen("other"), groups, "none");
  fill(chosen("problem"), about.benchmarks[name].problems.map(([id, golds], place) => [place, `${place + 1}: ${id.slice(0, 8)}, gold ${short(golds.join(" or "), 20)}`]), "all");
  fill(chosen("verdict"), [...new Set(rows.map((row) => row[VERDICT]))].sort().map((one) => [one, one]), "all");
  document.getElementById("panes").replaceChildren();
  delete document.getElementById("panes").dataset.row;
}

function redraw() {
  const shown = [];
  rows.forEach((row, place) => { if (kept(row)) shown.push(place); });
  table.clear().rows.add(shown).draw();
}

async function start(what) {
  about = what;
  const source = URL.createObjectURL(new Blob([datatablesModule], { type: "text/javascript" }));
  const { default: DataTable } = await import(source);
  URL.revokeObjectURL(source);
  const words = new URLSearchParams(location.hash.slice(1));
  fill(chosen("benchmark"), Object.keys(about.benchmarks).map((name) => [name, about.labels[name] ?? name]));
  if (words.get("benchmark") in about.benchmarks) chosen("benchmark").value = words.get("benchmark");
  await choose(chosen("benchmark").value);
  for (const name of FILTERS.slice(1)) {
    const wanted = words.get(name);
    if ([...chosen(name).options].some((one) => one.value === wanted)) chosen(name).value = wanted;
  }
  const text = (value) => DataTable.render.text().display(value);
  const column = (title, value, render = text) => ({
    title, data: (place) => value(rows[place]), render: { display: render },
  });
  table = new DataTable("#rows", {
    data: [], deferRender: true, createdRow: (line) => { line.tabIndex = 0; }, searching: false, pageLength: 10, order: [], autoWidth: false,
    layout: { topStart: "info", topEnd: "paging", bottomStart: "pageLength", bottomEnd: null },
    columns: [
      column("problem", (row) => row[PROBLEM] + 1),
      column("trained \u2192 asked", (row) => called(group(row))),
      column("replicate", (row) => about.cells[row[CELL]].replicate + 1),
      column("response", (row) => row[SAMPLE] + 1),
      column("verdict", (row) => row[VERDICT]),
      column("in its box", (row) => short(row[EXTRACTED] ?? "")),
      column("gold", (row) => short(problem(row)[1].join(" or "))),
      column("tokens", (row) => row[TOKENS]),
      column("text", (row) => (row[PART] < 0 ? "" : "yes")),
    ],
  });
  const read = (event) => {
    const line = event.target.closest("tbody tr");
    if (!line || table.row(line).data() === undefined) return;
    document.querySelectorAll("#rows tr.shown").forEach((one) => one.classList.remove("shown"));
    line.classList.add("shown");
    show(table.row(line).data());
  };
  document.querySelector("#rows").addEventListener("click", read);
  document.querySelector("#rows").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "TR") return;
    event.preventDefault();
    read(event);
  });
  for (const name of FILTERS)
    chosen(name).addEventListener("change", async () => {
      if (name === "benchmark") await choose(chosen(name).value);
      if (name !== "other") redraw();
      const row = document.getElementById("panes").dataset.row;
      if (name === "other" && row !== undefined) await show(Number(row));
      remember();
    });
  redraw();
  if (words.has("row") && Number(words.get("row")) in rows) await show(Number(words.get("row")));
  document.body.dataset.ready = "yes";
}
