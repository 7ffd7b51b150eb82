// The toolbox's rules in a browser: answers in, assessment out, as surveytrail.toolbox.assessment gives it. Conditions come
// as parsed trees; nothing is evaluated as code. Unknown is null and follows Kleene's logic.
(function () {
  "use strict";
  const NOT_ASKED = "NOT_ASKED", NO_ANSWER = "NO_ANSWER", DONT_KNOW = "DONT_KNOW", ITEM = "item", STRENGTHS = 3;
  const COMPARE = {
    "==": (a, b) => a === b, "!=": (a, b) => a !== b, "<": (a, b) => a < b,
    "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  };
  const COMPUTE = { "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b };

  // 12 significant digits: the noise of sums decides nothing
  const tidy = (value) => Number(value.toPrecision(12));

  function resolve(name, env) {
    return name === ITEM && env.item !== undefined ? env.item : name;
  }

  function known(name, env) {
    const value = env.values[resolve(name, env)];
    return value === undefined ? null : value;
  }

  function value(tree, env) {
    switch (tree.node) {
      case "Variable": return known(tree.name, env);
      case "Constant": return tree.value;
      case "Arithmetic": {
        const left = value(tree.left, env), right = value(tree.right, env);
        if (left === null || right === null || (tree.operator === "/" && right === 0)) return null;
        return COMPUTE[tree.operator](left, right);
      }
      case "Absolute": {
        const inner = value(tree.value, env);
        return inner === null ? null : Math.abs(inner);
      }
      case "Aggregate": {
        const found = tree.items.map((name) => known(name, env)).filter((entry) => entry !== null);
        const least = tree.min_answered === null ? tree.items.length : tree.min_answered;
        if (found.length < least || !found.length) return null;
        if (tree.function === "min") return Math.min(...found);
        if (tree.function === "max") return Math.max(...found);
        const total = found.reduce((sum, entry) => sum + entry, 0);
        return tree.function === "mean" ? total / found.length : total;
      }
      case "Count": {
        const found = tree.items.map((name) => holds(tree.condition, { ...env, item: name }));
        const least = tree.min_answered === null ? tree.items.length : tree.min_answered;
        if (found.filter((entry) => entry !== null).length < least) return null;
        return found.filter((entry) => entry === true).length;
      }
      default: throw new Error(`no value: ${tree.node}`);
    }
  }

  function holds(tree, env) {
    switch (tree.node) {
      case "Comparison": {
        const left = value(tree.left, env), right = value(tree.right, env);
        return left === null || right === null ? null : COMPARE[tree.operator](left, right);
      }
      case "Membership": {
        const left = value(tree.left, env);
        return left === null ? null : tree.members.includes(left);
      }
      case "Missing": {
        const gone = known(tree.name, env) === null;
        return gone && (tree.reason === null || env.reasons[resolve(tree.name, env)] === tree.reason);
      }
      case "Not": {
        const inner = holds(tree.condition, env);
        return inner === null ? null : !inner;
      }
      case "All": {
        const parts = tree.conditions.map((part) => holds(part, env));
        return parts.includes(false) ? false : parts.includes(null) ? null : true;
      }
      case "AnyOf": {
        const parts = tree.conditions.map((part) => holds(part, env));
        return parts.includes(true) ? true : parts.includes(null) ? null : false;
      }
      default: throw new Error(`no condition: ${tree.node}`);
    }
  }

  // Answers by question, with why each is missing; then the derived variables in their order.
  function answered(program, answers, language) {
    const env = { values: {}, reasons: {} };
    const code = program.languageCodes[language];
    env.values[program.languageVariable] = code === undefined ? null : code;
    for (const question of program.questions) {
      const given = answers[question.code];
      let reason = null;
      if (given === undefined || given === null || Number.isNaN(given)) reason = NO_ANSWER;
      else if (question.categories.some((part) => part.missing && part.code === given)) reason = DONT_KNOW;
      if (question.askedIf !== null && holds(question.askedIf, env) !== true) reason = NOT_ASKED;
      env.values[question.code] = reason === null ? given : null;
      env.reasons[question.code] = reason;
    }
    for (const derived of program.derived) {
      if (derived.value) env.values[derived.code] = value(derived.value, env);
      else {
        const found = derived.categories.find((part) => holds(part.when, env) === true);
        env.values[derived.code] = found ? found.code : null;
      }
    }
    return env;
  }

  function scored(program, env) {
    const asked = program.questions.filter((question) => env.reasons[question.code] !== NOT_ASKED);
    const open = asked.filter((question) => env.reasons[question.code] !== null).map((question) => question.code);
    const absent = holds(program.absentIf, env) === true;
    const dimensions = program.dimensions.map((dimension) => ({
      id: dimension.id,
      score: env.values[dimension.variable] === null ? null : tidy(env.values[dimension.variable]),
      known: dimension.items.filter((code) => env.values[code] !== null).length,
      items: dimension.items.length,
    }));
    const unanswered = tidy(open.length / asked.length);
    return { asked: asked.length, open, unanswered, absent, dimensions, overall: overall(program, env, dimensions, absent) };
  }

  function overall(program, env, dimensions, absent) {
    const scores = dimensions.map((entry) => entry.score).filter((score) => score !== null);
    let score = null, byScore = absent ? 0 : null;
    if (scores.length >= program.needed && !absent) {
      score = tidy(scores.reduce((sum, entry) => sum + entry, 0) / scores.length);
      for (const level of program.levels) if (score >= level.atLeast) byScore = level.code;
    }
    let level = byScore;
    const gates = program.gates.map((gate) => {
      const true_ = holds(gate.requires, env);
      const held = level !== null && level > gate.above && true_ !== true;
      if (held) level = gate.above;
      return { id: gate.id, open: true_ === true, known: true_ !== null, held };
    });
    return { score, level_by_score: byScore, level, gates };
  }

  const cuts = (group) => Object.keys(group).filter((name) => /^q\d+$/.test(name))
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));

  // The narrowest group that is shown, and its mean drawn towards those of the wider ones.
  function beside(program, shown, env) {
    const found = [];
    program.peers.fallback.forEach((codes, level) => {
      if (codes.some((code) => env.values[code] === null || env.values[code] === undefined)) return;
      const key = codes.map((code) => `${code}=${env.values[code]}`).join(",");
      if (key in shown) found.push({ level, codes, key });
    });
    if (!found.length) return null;
    const first = found[0], chain = [first.key];
    let codes = first.codes;
    for (const next of found.slice(1)) {
      if (next.codes.length < codes.length && next.codes.every((code) => codes.includes(code))) {
        chain.push(next.key);
        codes = next.codes;
      }
    }
    let shrunk = shown[chain[chain.length - 1]].mean.value;
    for (const key of chain.slice(0, -1).reverse()) {
      const group = shown[key];
      shrunk = (group.n * group.mean.value + program.shrink * shrunk) / (group.n + program.shrink);
    }
    return { fallback: first.level, group: first.key, n: shown[first.key].n, shrunk: tidy(shrunk), chain };
  }

  function setBeside(program, base, env) {
    const ahead = [];
    base.dimensions.forEach((entry, at) => {
      const shown = program.peers.dimensions[entry.id], peers = beside(program, shown, env);
      entry.peers = peers;
      entry.band = null;
      entry.gap = program.recommendations.leastGap;
      if (peers === null || entry.score === null) return;
      const group = shown[peers.group];
      entry.band = cuts(group).filter((name) => entry.score >= group[name].value).length;
      entry.gap = Math.max(tidy(peers.shrunk - entry.score), program.recommendations.leastGap);
      if (entry.score > peers.shrunk) ahead.push({ by: tidy(peers.shrunk - entry.score), at });
    });
    ahead.sort((a, b) => a.by - b.by || a.at - b.at);
    base.strengths = ahead.slice(0, STRENGTHS).map((entry) => base.dimensions[entry.at].id);
    base.amounts = program.amounts.map((amount) => {
      const own = env.values[amount.variable];
      return { id: amount.id, own: own === null ? null : tidy(own), peers: beside(program, program.peers.amounts[amount.id], env) };
    });
  }

  function advice(program, base, env) {
    env.values.LEVEL = base.overall.level;
    env.values.MATURITY = base.overall.score;
    env.values.UNANSWERED = base.unanswered;
    const gaps = Object.fromEntries(base.dimensions.map((entry) => [entry.id, entry.gap]));
    const rules = Object.fromEntries(program.rules.map((rule, order) => [rule.id, { ...rule, order }]));
    const speaking = [];
    for (const rule of program.rules) {
      const read = new Set();
      let speaks = false;
      rule.conditions.forEach((part) => {
        if (holds(part.tree, env) !== true) return;
        speaks = true;
        part.reads.forEach((name) => read.add(name));
      });
      if (!speaks) continue;
      const values = [...read].filter((name) => known(name, env) !== null).map((name) => [name, tidy(env.values[name])]);
      speaking.push({ id: rule.id, gap: gaps[rule.dimension], weight: tidy(gaps[rule.dimension] * rule.importance), values });
    }
    const alone = speaking.filter((entry) => rules[entry.id].alone);
    let silenced = withheld(speaking.map((entry) => rules[entry.id]));
    let given = speaking.filter((entry) => !(entry.id in silenced));
    given.sort((a, b) => b.weight - a.weight || rules[b.id].importance - rules[a.id].importance
      || rules[a.id].order - rules[b.id].order);
    if (alone.length) [silenced, given] = [{}, alone.slice(0, 1)];
    const most = program.recommendations.atMost;
    return {
      recommendations: given.slice(0, most),
      further: given.slice(most).map((entry) => entry.id),
      withheld: Object.keys(silenced).sort().map((id) => ({ id, because: silenced[id] })),
    };
  }

  function withheld(speaking) {
    const silenced = {}, last = Number.POSITIVE_INFINITY;
    const ordered = [...speaking].sort((a, b) => (a.priority === null ? last : a.priority) - (b.priority === null ? last : b.priority) || 0);
    for (const rule of ordered) {
      if (rule.id in silenced) continue;
      for (const other of speaking) {
        const conflict = rule.conflictsWith.includes(other.id) || other.conflictsWith.includes(rule.id);
        if (conflict && !(other.id in silenced) && (other.priority || 0) > (rule.priority || 0)) silenced[other.id] = rule.id;
      }
    }
    return silenced;
  }

  function assess(program, answers, language) {
    const env = answered(program, answers, language);
    const base = scored(program, env);
    setBeside(program, base, env);
    return { ...base, ...advice(program, base, env) };
  }

  // Half up on 12 significant digits, with the language's separators.
  function text(program, number, decimals, language) {
    const locale = program.locales[language];
    const scale = 10 ** decimals;
    const units = Math.floor(Math.abs(tidy(tidy(number) * scale)) + 0.5);
    const digits = String(units).padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, locale.thousands);
    return (number < 0 && units ? locale.minus : "") + whole + (decimals ? locale.decimal + digits.slice(-decimals) : "");
  }

  globalThis.ToolboxEngine = { assess, answered, holds, text, cuts, tidy };
})();
