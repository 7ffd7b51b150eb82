// The form and the result of the toolbox. Nothing leaves the page: no request, no storage, no cookie.
(function () {
  "use strict";
  const program = JSON.parse(document.getElementById("tb-program").textContent);
  const words = program.words, byCode = Object.fromEntries(program.questions.map((question) => [question.code, question]));
  const form = document.getElementById("tb-form"), result = document.getElementById("tb-result");
  const state = { language: document.documentElement.lang, answers: {}, shown: false };

  function element(tag, attributes = {}, ...children) {
    const svg = ["svg", "line", "rect", "circle", "text", "g", "title"].includes(tag);
    const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, entry] of Object.entries(attributes)) if (entry !== undefined && entry !== null) made.setAttribute(name, entry);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const local = (text) => text[state.language] || Object.values(text)[0];
  function word(path, values = {}) {
    const found = local(path.split(".").reduce((tree, part) => tree[part], words));
    return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  }
  const number = (value, decimals = 0) => ToolboxEngine.text(program, value, decimals, state.language);

  // ---- The form
  function wording(question, shared) {
    return question.stem && !shared ? `${local(question.stem)} – ${local(question.label)}` : local(question.label);
  }

  // Questions of one page of the questionnaire, ticks apart; a heading of the toolbox file begins a group of its own.
  function groups() {
    const found = [];
    for (const question of program.questions) {
      const last = found[found.length - 1], heading = program.headings[question.code] && local(program.headings[question.code]);
      const same = last && !heading && last.page === question.page && (last.kind === "multiple") === (question.type === "multiple");
      if (same) last.questions.push(question);
      else found.push({ page: question.page, kind: question.type, questions: [question], heading });
    }
    for (const group of found) {
      const stems = new Set(group.questions.map((question) => (question.stem ? local(question.stem) : "")));
      group.stem = stems.size === 1 && group.questions.length > 1 ? [...stems][0] : "";
    }
    return found;
  }

  function drawForm() {
    form.replaceChildren(element("h2", {}, word("questions")), ...groups().map(fieldset),
      element("p", { class: "tb-progress", role: "status", id: "tb-progress" }), buttons());
    update();
  }

  function fieldset(group) {
    const legend = element("legend", {}, group.stem || group.heading || word("group"));
    const made = element("fieldset", { class: "tb-group" }, legend);
    made.append(...(group.kind === "multiple" ? ticks(group) : group.questions.map((question) => field(question, group.stem))));
    return made;
  }

  function field(question, stem) {
    const id = `q-${question.code}`, label = element("label", { for: id }, wording(question, stem));
    const control = question.categories.length ? select(question, id) : numeric(question, id);
    return element("div", { class: "tb-field", "data-code": question.code }, label, control);
  }

  function select(question, id) {
    const made = element("select", { id }, element("option", { value: "" }, word("no_answer")),
      ...question.categories.map((part) => element("option", { value: part.code }, local(part.label))));
    const given = state.answers[question.code];
    made.value = given === undefined ? "" : String(given);
    made.addEventListener("change", () => answer(question.code, made.value === "" ? undefined : Number(made.value)));
    return made;
  }

  function numeric(question, id) {
    const [low, high] = question.range || [0, Number.MAX_SAFE_INTEGER];
    const values = { low: number(low), high: number(high) };
    const hint = element("span", { class: "tb-hint", id: `${id}-hint` }, word("between", values));
    const input = element("input", { id, type: "text", inputmode: "decimal", "aria-describedby": `${id}-hint` });
    const given = state.answers[question.code];
    input.value = given === undefined ? "" : String(given);
    input.addEventListener("input", () => {
      const text = input.value.trim().replace(",", "."), value = Number(text);
      const right = text === "" || (/^\d+(\.\d+)?$/.test(text) && value >= low && value <= high);
      input.setAttribute("aria-invalid", String(!right));
      hint.textContent = word(right ? "between" : "wrong_number", values);
      answer(question.code, right && text !== "" ? value : undefined);
    });
    return element("span", { class: "tb-number" }, input, hint);
  }

  function ticks(group) {
    const codes = group.questions.map((question) => question.code);
    const exclusive = group.questions.find((question) => question.exclusive);
    const boxes = group.questions.map((question) => box(question.code, local(question.label), state.answers[question.code] === 1));
    const all = codes.every((code) => state.answers[code] === 0);
    if (!exclusive) boxes.push(box(`${codes[0]}-none`, word("none_of_these"), all));
    const none = exclusive ? boxes[codes.indexOf(exclusive.code)] : boxes[boxes.length - 1];
    const read = (changed) => {
      const inputs = boxes.map((entry) => entry.querySelector("input")), last = none.querySelector("input");
      if (changed === last && last.checked) inputs.forEach((input) => { if (input !== last) input.checked = false; });
      else if (changed !== last && changed.checked) last.checked = false;
      const any = inputs.some((input) => input.checked);
      codes.forEach((code, at) => { state.answers[code] = any ? Number(inputs[at].checked) : undefined; });
      update();
    };
    boxes.forEach((entry) => entry.querySelector("input").addEventListener("change", (event) => read(event.target)));
    const hint = element("p", { class: "tb-hint" }, word("several"));
    const title = group.stem ? null : element("p", { class: "tb-stem" }, local(group.questions[0].stem || group.questions[0].label));
    return [title, hint, ...boxes].filter(Boolean);
  }

  function box(code, label, checked) {
    const input = element("input", { type: "checkbox", id: `q-${code}` });
    input.checked = checked;
    return element("div", { class: "tb-tick", "data-code": code }, input, element("label", { for: `q-${code}` }, label));
  }

  function buttons() {
    const made = [["show", () => show(true)], ["example", fillExample], ["clear", clear]]
      .filter(([name]) => name !== "example" || program.example)
      .map(([name, action]) => {
        const button = element("button", { type: "button", class: name === "show" ? "tb-primary" : "tb-button" }, word(name));
        button.addEventListener("click", action);
        return button;
      });
    return element("p", { class: "tb-buttons" }, ...made);
  }

  function answer(code, value) {
    if (value === undefined) delete state.answers[code]; else state.answers[code] = value;
    update();
  }

  // Hides what is not asked, counts what is answered, and keeps a shown result up to date.
  function update() {
    const env = ToolboxEngine.answered(program, state.answers, state.language);
    let asked = 0, done = 0;
    for (const question of program.questions) {
      const hidden = env.reasons[question.code] === "NOT_ASKED";
      const row = form.querySelector(`[data-code="${question.code}"]`);
      if (row) row.hidden = hidden;
      asked += Number(!hidden);
      done += Number(!hidden && state.answers[question.code] !== undefined);
    }
    form.querySelectorAll("fieldset").forEach((group) => {
      group.hidden = ![...group.querySelectorAll("[data-code]")].some((row) => row.dataset.code in byCode && !row.hidden);
    });
    const progress = document.getElementById("tb-progress");
    if (progress) progress.textContent = word("answered", { n: number(done), of: number(asked) });
    if (state.shown) show(false);
  }

  function clear() {
    state.answers = {};
    state.shown = false;
    result.hidden = true;
    drawForm();
  }

  function fillExample() {
    state.answers = { ...program.example };
    drawForm();
  }

  // ---- The result
  function show(focus) {
    state.shown = true;
    const found = ToolboxEngine.assess(program, state.answers, state.language);
    const figures = new Map();
    const title = element("h2", { id: "tb-result-title", tabindex: "-1" }, word("result"));
    const parts = [title, status(), levelPart(found), positionPart(found, figures), strengthsPart(found),
      advicePart(found, figures), openPart(found), originPart(found, figures), printButton()];
    result.replaceChildren(...parts.filter(Boolean));
    result.hidden = false;
    if (focus) title.focus();
  }

  const status = () => (program.status === "synthetic" ? element("p", { class: "st-unsupported" }, word("synthetic_peers")) : null);

  function levelPart(found) {
    const overall = found.overall;
    const scale = element("ol", { class: "tb-levels", start: "0" }, ...program.levels.map((level) =>
      element("li", { class: level.code === overall.level ? "tb-here" : "", "aria-current": level.code === overall.level ? "true" : null },
        element("strong", {}, `${level.code} ${local(level.label)}`), element("span", {}, local(level.meaning)))));
    const score = overall.score === null ? word(found.absent ? "absent" : "no_level")
      : word("overall", { score: number(overall.score) });
    const gates = overall.gates.map((gate, at) => {
      const declared = program.gates[at];
      const verdict = gate.held ? "held" : gate.open ? "open" : gate.known ? "shut" : "unknown";
      return element("li", { class: gate.held ? "tb-held" : "" },
        `${word("gate.above", { level: declared.above, label: local(declared.label) })} – ${word(`gate.${verdict}`)}`);
    });
    return element("section", {}, element("h3", {}, word("level")), scale, element("p", {}, score),
      element("h4", {}, word("gates")), element("ul", { class: "tb-gates" }, ...gates));
  }

  function groupName(beside, part, id, fallback = "fallback") {
    const label = beside.group === "" ? word("all_firms") : local(program.peers[part][id][beside.group].label);
    return `${label}, n = ${number(beside.n)} (${word(fallback, { at: beside.fallback + 1, of: program.peers.fallback.length })})`;
  }

  // A figure of the ledger: its printed text, and a link to where it comes from.
  function figure(entry, n, figures) {
    figures.set(entry.id, { ...entry, n });
    return element("a", { class: "st-num", "data-num": entry.id, href: `#${entry.anchor}` }, local(entry.text));
  }

  // How a reference comes from the means of its groups, from the widest inwards.
  function formula(entry, figures) {
    const shown = program.peers.dimensions[entry.id], weight = number(program.shrink), chain = entry.peers.chain;
    const mean = (key) => figure(shown[key].mean, shown[key].n, figures);
    let parts = [mean(chain[chain.length - 1])];
    for (const key of chain.slice(0, -1).reverse()) {
      const n = number(shown[key].n);
      parts = ["(", `${n} × `, mean(key), ` + ${weight} × `, ...parts, `) / (${n} + ${weight})`];
      if (key !== chain[0]) parts = ["(", ...parts, ")"];
    }
    return parts;
  }

  function positionPart(found, figures) {
    const rows = found.dimensions.map((entry, at) => {
      const dimension = program.dimensions[at], group = entry.peers && program.peers.dimensions[entry.id][entry.peers.group];
      return { entry, dimension, group };
    });
    const heads = ["dimension", "own", "median", "middle", "mean", "reference", "standing", "group"];
    const table = element("table", {}, element("caption", {}, word("position")),
      element("thead", {}, element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, word(`columns.${name}`))))),
      element("tbody", {}, ...rows.map((row) => positionRow(row, figures))));
    const amounts = found.amounts.filter((amount) => amount.own !== null && amount.peers).map((amount, at) => {
      const group = program.peers.amounts[amount.id][amount.peers.group];
      return element("p", {}, element("strong", {}, local(program.amounts[at].label)), ". ", word("amount", { own: number(amount.own) }),
        figure(group.mean, group.n, figures), `; ${groupName(amount.peers, "amounts", amount.id)}`);
    });
    return element("section", {}, element("h3", {}, word("position")), element("figure", {}, plot(rows), element("figcaption", {}, word("plot"))),
      element("div", { class: "st-scroll", tabindex: "0", role: "region", "aria-label": word("position") }, table),
      element("p", { class: "st-note" }, word("how_peers", { of: program.peers.fallback.length })), ...amounts);
  }

  function positionRow({ entry, dimension, group }, figures) {
    const cell = (...content) => element("td", {}, ...content);
    const own = entry.score === null ? word("not_assessable") : number(entry.score);
    const head = element("th", { scope: "row" }, local(dimension.label), element("span", { class: "tb-meaning" }, local(dimension.meaning)));
    if (!group) return element("tr", {}, head, cell(own), element("td", { colspan: "6" }, word("no_peers")));
    const shown = (name) => (group[name] ? [figure(group[name], group.n, figures)] : ["–"]);
    const band = standing(entry, group);
    return element("tr", {}, head, cell(own), cell(...shown("q50")), cell(...shown("q25"), "–", ...shown("q75")), cell(...shown("mean")),
      cell(number(entry.peers.shrunk)), cell(band === null ? "–" : band), cell(groupName(entry.peers, "dimensions", entry.id, "place_of")));
  }

  function standing(entry, group) {
    const cuts = ToolboxEngine.cuts(group);
    if (entry.band === null || !cuts.length) return null;
    return word(`bands.${entry.band === 0 ? `below_${cuts[0]}` : `from_${cuts[entry.band - 1]}`}`);
  }

  function plot(rows) {
    const left = 150, width = 480, step = 34, height = rows.length * step + 34, x = (score) => left + (score / 100) * (width - left - 20);
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": word("plot"), class: "tb-plot" });
    for (let tick = 0; tick <= 100; tick += 25) {
      svg.append(element("line", { x1: x(tick), x2: x(tick), y1: 6, y2: height - 26, class: "tb-grid" }),
        element("text", { x: x(tick), y: height - 8, "text-anchor": "middle", class: "tb-tick-text" }, String(tick)));
    }
    rows.forEach(({ entry, dimension, group }, at) => {
      const y = at * step + 22;
      svg.append(element("text", { x: left - 12, y: y + 5, "text-anchor": "end" }, local(dimension.label)));
      if (group && group.q25 && group.q75) svg.append(element("rect", { x: x(group.q25.value), y: y - 6, height: 12, class: "tb-bar",
        width: Math.max(1, x(group.q75.value) - x(group.q25.value)) }));
      if (group && group.q50) svg.append(element("line", { x1: x(group.q50.value), x2: x(group.q50.value), y1: y - 10, y2: y + 10, class: "tb-median" }));
      if (entry.score !== null) svg.append(element("circle", { cx: x(entry.score), cy: y, r: 6, class: "tb-dot" }));
    });
    return svg;
  }

  function strengthsPart(found) {
    const names = found.strengths.map((id) => program.dimensions.find((dimension) => dimension.id === id));
    const list = names.length ? element("ul", {}, ...names.map((dimension) => element("li", {}, element("strong", {}, local(dimension.label)), ` – ${local(dimension.meaning)}`)))
      : element("p", {}, word("no_strengths"));
    return element("section", {}, element("h3", {}, word("strengths")), list);
  }

  const joined = (what, answer) => (what.endsWith("?") ? `${what} ${answer}` : `${what}${word("colon")}${answer}`);

  // What a firm answered, in words; answers of one battery share its stem.
  function said(values) {
    const lines = [];
    let stem = null;
    for (const [code, value] of values) {
      if (code in words.built_in) {
        lines.push(joined(word(`built_in.${code}`), number(value, code === "UNANSWERED" ? 2 : 0)));
        stem = null;
        continue;
      }
      const question = byCode[code], part = question.categories.find((entry) => entry.code === value);
      const text = joined(local(question.label), part ? local(part.label) : number(value));
      const heading = question.stem ? local(question.stem) : "";
      if (heading && heading === stem) lines[lines.length - 1] += `; ${text}`;
      else lines.push(heading ? `${heading} ${text}` : text);
      stem = heading;
    }
    return lines.flatMap((line, at) => (at ? [element("br"), line] : [line]));
  }

  function advicePart(found, figures) {
    const cards = found.recommendations.map((given, at) => {
      const rule = program.rules.find((entry) => entry.id === given.id);
      const dimension = program.dimensions.find((entry) => entry.id === rule.dimension);
      const own = found.dimensions.find((entry) => entry.id === rule.dimension);
      const peers = own.peers ? program.peers.dimensions[own.id][own.peers.group] : null;
      const list = element("dl", {}, element("dt", {}, word("first_step")), element("dd", {}, local(rule.firstStep)),
        element("dt", {}, word("because")), element("dd", {}, ...said(given.values)),
        element("dt", {}, word("peer_value")), element("dd", {}, `${local(dimension.label)}${word("colon")}`,
          ...(peers ? [figure(peers.mean, peers.n, figures), `; ${groupName(own.peers, "dimensions", own.id)}`] : [word("no_peers")])),
        element("dt", {}, word("evidence.label")), element("dd", {}, `${word(`evidence.${rule.evidence}`)}. ${rule.sources.map((name) => local(program.sources[name])).join(word("semicolon"))}`),
        element("dt", {}, word("effort.label")), element("dd", {}, word(`effort.${rule.effort}`)));
      return element("article", { class: "tb-card" }, element("h4", {}, `${at + 1}. ${local(rule.title)} `, element("span", { class: "tb-rule" }, `${word("rule")} ${rule.id}`)),
        element("p", {}, local(rule.advice)), list);
    });
    const notes = [];
    if (found.further.length) notes.push(element("p", { class: "st-note" }, word("further") + found.further.join(", ")));
    found.withheld.forEach((entry) => notes.push(element("p", { class: "st-note" }, word("withheld", { id: entry.id, other: entry.because }))));
    if (!cards.length) cards.push(element("p", {}, word("no_recommendations")));
    return element("section", {}, element("h3", {}, word("recommendations")), ...cards, ...notes);
  }

  function openPart(found) {
    if (!found.open.length) return null;
    const items = found.open.map((code) => element("li", {}, element("a", { href: `#q-${code}` }, wording(byCode[code], false))));
    return element("section", {}, element("details", {}, element("summary", {}, `${word("open_questions")} (${number(found.open.length)})`), element("ul", {}, ...items)));
  }

  function originPart(found, figures) {
    const formulas = found.dimensions.filter((entry) => entry.peers).map((entry) => {
      const dimension = local(program.dimensions.find((known) => known.id === entry.id).label);
      return element("li", {}, word("reference", { dimension, value: number(entry.peers.shrunk) }), ...formula(entry, figures));
    });
    const items = [...figures.values()].map((entry) => element("li", { id: entry.anchor },
      element("span", {}, `${local(entry.text)}, n = ${number(entry.n)} `), element("code", {}, `trail trace ${entry.id}`)));
    return element("section", { class: "tb-origin" }, element("h3", {}, word("origin")),
      element("p", {}, word("origin_text", { least: program.least })), element("ul", {}, ...items),
      element("p", {}, word("references")), element("ul", { class: "tb-formulas" }, ...formulas));
  }

  function printButton() {
    const button = element("button", { type: "button", class: "tb-button" }, word("print"));
    button.addEventListener("click", () => window.print());
    return element("p", { class: "tb-buttons" }, button);
  }

  // ---- Language
  function drawLanguages() {
    const bar = document.querySelector(".tb-languages");
    bar.replaceChildren(...program.languages.map((language) => {
      const button = element("button", { type: "button", lang: language, "aria-pressed": String(language === state.language) }, program.languageNames[language]);
      button.addEventListener("click", () => speak(language));
      return button;
    }));
  }

  function speak(language) {
    state.language = language;
    document.documentElement.lang = language;
    document.title = local(program.title);
    document.querySelectorAll("[data-word]").forEach((node) => { node.textContent = word(node.dataset.word); });
    document.querySelectorAll("[data-label]").forEach((node) => { node.setAttribute("aria-label", word(node.dataset.label)); });
    document.querySelectorAll("[data-text]").forEach((node) => { node.textContent = local(program[node.dataset.text]); });
    drawLanguages();
    drawForm();
    const pressed = document.querySelector(`.tb-languages [lang="${language}"]`);
    if (pressed) pressed.focus({ preventScroll: true });
  }

  drawLanguages();
  drawForm();
  globalThis.toolbox = { program, state, show, speak, assess: (answers, language) => ToolboxEngine.assess(program, answers, language) };
})();
