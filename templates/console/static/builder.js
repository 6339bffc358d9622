// The builder of segment rules: rows of conditions joined by 且 or 或, groups inside groups.
// The textarea #f-rule is the truth; rows are drawn from it and write it back at every change.
// A part that the rows do not know (a sequence, a sum) is kept as it is and shown as its text.
"use strict";

(() => {
  const form = document.getElementById("builder-form");
  const place = document.getElementById("builder");
  const field = document.getElementById("f-rule");
  const choices = JSON.parse(form.dataset.choices);
  const words = JSON.parse(form.dataset.words);
  const KINDS = ["attribute", "tag", "interest", "event", "coupon", "campaign", "segment", "model"];
  const OPS = ["eq", "ne", "lt", "le", "gt", "ge", "contains", "exists"];
  const OUTCOMES = ["sent", "clicked", "not_clicked", "redeemed", "held_out", "skipped"];
  const STATES = ["issued", "claimed", "redeemed", "expired"];
  const EVENTS = ["subscribe", "message.*", "menu.*", "click", "scan", "order", "coupon.*", "article.view"];

  const make = (tag, attributes = {}, ...inside) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
      else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...inside);
    return node;
  };

  const picker = (label, options, value, change) => {
    const select = make("select", { class: "form-select", "aria-label": label, on: { change: (e) => change(e.target.value) } });
    for (const [key, said] of options) select.append(make("option", { value: key, selected: key === String(value) }, said));
    if (value !== undefined && !options.some(([key]) => key === String(value))) {
      select.append(make("option", { value, selected: true }, String(value)));
    }
    return select;
  };

  const input = (label, value, change, type = "text", width = "") =>
    make("input", { class: `form-control ${width}`, type, step: "any", value: value ?? "", "aria-label": label, placeholder: label,
      on: { change: (e) => change(e.target.value) } });

  const said = (names) => names.map((name) => [name, words[name] ?? name]);
  const numbered = (text) => (text === "" ? undefined : Number(text));
  const typed = (text) => (text === "true" ? true : text === "false" ? false : text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text);
  const clean = (rule) => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));

  const kindOf = (rule) => [...KINDS, "all", "any", "not"].find((kind) => kind in rule);
  const fresh = (kind) =>
    ({ attribute: { attribute: "stage", op: "eq", value: "active" }, tag: { tag: "" }, interest: { interest: "", at_least: 0.3 },
       event: { event: "click", at_least: 1, within_days: 30 }, coupon: { coupon: Object.keys(choices.coupon)[0] ?? "", state: "redeemed" },
       campaign: { campaign: Object.keys(choices.campaign)[0] ?? "", outcome: "clicked" },
       segment: { segment: Object.keys(choices.segment)[0] ?? "" }, model: { model: "churn", at_least: 0.7 } })[kind];

  // A row's own fields, by kind. `set` replaces what the row says.
  const fields = {
    attribute: (rule, set) => [
      picker(words.attribute, Object.entries(choices.attribute), rule.attribute, (value) => set({ ...rule, attribute: value })),
      picker("op", said(OPS), rule.op ?? "eq", (value) => set({ ...rule, op: value })),
      input(words.value, rule.value, (value) => set({ ...rule, value: typed(value) })),
    ],
    tag: (rule, set) => [input(words.tag, rule.tag, (value) => set({ ...rule, tag: value }))],
    interest: (rule, set) => [
      input(words.interest, rule.interest, (value) => set({ ...rule, interest: value })),
      input(words.at_least, rule.at_least, (value) => set({ ...rule, at_least: numbered(value) }), "number", "narrow"),
    ],
    event: (rule, set) => [
      picker(words.event, EVENTS.map((name) => [name, name]), rule.event, (value) => set({ ...rule, event: value })),
      picker(words.never, [["often", words.at_least], ["never", words.never]], rule.never ? "never" : "often",
        (value) => set({ ...rule, never: value === "never" ? true : undefined, at_least: value === "never" ? undefined : 1 })),
      ...(rule.never ? [] : [input(words.times, rule.at_least, (value) => set({ ...rule, at_least: numbered(value) }), "number", "narrow")]),
      input(words.days, rule.within_days, (value) => set({ ...rule, within_days: numbered(value) }), "number", "narrow"),
    ],
    coupon: (rule, set) => [
      picker(words.coupon, Object.entries(choices.coupon), rule.coupon, (value) => set({ ...rule, coupon: value })),
      picker("state", said(STATES), rule.state, (value) => set({ ...rule, state: value })),
    ],
    campaign: (rule, set) => [
      picker(words.campaign, Object.entries(choices.campaign), rule.campaign, (value) => set({ ...rule, campaign: value })),
      picker("outcome", said(OUTCOMES), rule.outcome, (value) => set({ ...rule, outcome: value })),
    ],
    segment: (rule, set) => [picker(words.segment, Object.entries(choices.segment), rule.segment, (value) => set({ segment: value }))],
    model: (rule, set) => [
      input(words.model, rule.model, (value) => set({ ...rule, model: value })),
      input(words.at_least, rule.at_least, (value) => set({ ...rule, at_least: numbered(value) }), "number", "narrow"),
    ],
  };

  const button = (text, act, label = text) => make("button", { class: "btn btn-sm", type: "button", "aria-label": label, on: { click: act } }, text);

  // One condition, with its "not" and what removes it.
  const row = (rule, set, remove) => {
    const not = "not" in rule;
    const inner = not ? rule.not : rule;
    const kind = kindOf(inner);
    const put = (next) => set(not ? { not: clean(next) } : clean(next));
    if (kind === "all" || kind === "any") return group(inner, put, remove);
    const simple = kind && kind !== "not" && Object.keys(inner).every((name) => KNOWN[kind].includes(name));
    return make("div", { class: "condition" },
      picker(words.not, [["", "—"], ["not", words.not]], not ? "not" : "", (value) => set(value ? { not: inner } : inner)),
      ...(simple
        ? [picker("kind", said(KINDS), kind, (value) => put(fresh(value))), ...fields[kind](inner, put)]
        : [make("code", {}, JSON.stringify(inner))]),
      button("×", remove, words.remove));
  };
  const KNOWN = { attribute: ["attribute", "op", "value"], tag: ["tag"], interest: ["interest", "at_least"],
    event: ["event", "at_least", "within_days", "never"], coupon: ["coupon", "state"], campaign: ["campaign", "outcome"],
    segment: ["segment"], model: ["model", "at_least"] };

  const group = (rule, set, remove) => {
    const how = "any" in rule ? "any" : "all";
    const parts = rule[how];
    const put = (next) => (next.length || !remove ? set({ [how]: next }) : remove());
    return make("div", { class: "join", role: "group", "aria-label": words[how] },
      picker(words.all, said(["all", "any"]), how, (value) => set({ [value]: parts })),
      make("div", { class: "conditions" },
        ...parts.map((part, at) =>
          row(part, (next) => put(parts.map((one, i) => (i === at ? next : one))), () => put(parts.filter((_, i) => i !== at))))),
      make("div", { class: "buttons" },
        button(words.add, () => put([...parts, fresh("attribute")])),
        button(words.group, () => put([...parts, { any: [fresh("attribute")] }])),
        ...(remove ? [button(words.remove, remove)] : [])));
  };

  const rooted = (rule) => ("all" in rule || "any" in rule ? rule : Object.keys(rule).length ? { all: [rule] } : { all: [fresh("attribute")] });

  const draw = (rule) => {
    const focus = [...place.querySelectorAll("select, input, button")].indexOf(document.activeElement);
    place.replaceChildren(group(rule, (next) => { field.value = JSON.stringify(next, null, 2); draw(next); }));
    if (focus >= 0) place.querySelectorAll("select, input, button")[focus]?.focus();
  };

  const read = () => {
    try {
      const rule = rooted(JSON.parse(field.value || "{}"));
      if (!field.value) field.value = JSON.stringify(rule, null, 2);
      draw(rule);
    } catch {
      place.replaceChildren(make("p", {}, "…"));
    }
  };

  field.addEventListener("change", read);
  read();
})();
