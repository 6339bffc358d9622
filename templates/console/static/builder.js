// The builder of segment rules: rows of conditions joined by 且 or 或, groups inside groups.
// The textarea #f-rule is the truth; rows are drawn from it and write it back at every change.
// What is typed is only written: rows are drawn anew where their shape changes, by a choice or a
// button, never as a field is left, or the button that is being pressed would be gone.
// A part that the rows do not know (a sequence, a sum) is kept as it is and shown as its text.
"use strict";

(() => {
  const form = document.getElementById("builder-form");
  const place = document.getElementById("builder");
  const field = document.getElementById("f-rule");
  const choices = JSON.parse(form.dataset.choices);
  const words = JSON.parse(form.dataset.words);
  const OUTCOMES = ["sent", "clicked", "not_clicked", "redeemed", "held_out", "skipped"];
  const STATES = ["issued", "claimed", "redeemed", "expired"];
  const ORDERS = ["lt", "le", "gt", "ge"];
  const DAYS = ["within_last", "within_next", "yearly_within"];
  // The names that a row of each kind has; a condition with others is shown as its text.
  const KNOWN = { attribute: ["attribute", "op", "value"], tag: ["tag"], interest: ["interest", "at_least"],
    event: ["event", "at_least", "within_days", "never"], coupon: ["coupon", "state"], campaign: ["campaign", "outcome"],
    segment: ["segment"], model: ["model", "at_least", "group"] };
  const KINDS = Object.keys(KNOWN);
  let rule = {};
  let newest = null; // the condition that was just added: its first field gets the cursor

  const make = (tag, attributes = {}, ...inside) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
      else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...inside);
    return node;
  };

  const write = () => { field.value = JSON.stringify(rule, null, 2); };
  const redraw = () => { write(); draw(); };
  // A condition says something else from now on, in its place.
  const become = (one, next) => {
    for (const name of Object.keys(one)) delete one[name];
    for (const [name, value] of Object.entries(next)) if (value !== undefined) one[name] = value;
    redraw();
  };
  const keep = (one, name, value) => {
    if (value === undefined) delete one[name];
    else one[name] = value;
    write();
  };

  const picker = (label, options, value, change) => {
    const select = make("select", { class: "form-select", "aria-label": label, on: { change: (e) => change(e.target.value) } });
    for (const [key, said] of options) select.append(make("option", { value: key, selected: key === String(value) }, said));
    if (value !== undefined && !options.some(([key]) => key === String(value))) {
      select.append(make("option", { value, selected: true }, words[value] ?? String(value)));
    }
    return select;
  };

  const suggesting = (list) => {
    if (!list?.length) return [undefined];
    const id = `suggested-${place.querySelectorAll("datalist").length}-${Math.random().toString(36).slice(2)}`;
    return [id, make("datalist", { id }, ...list.map((value) => make("option", { value })))];
  };
  const textual = (label, value, change, list) => {
    const [id, node] = suggesting(list);
    return [make("input", { class: "form-control", value: value ?? "", "aria-label": label, placeholder: label, list: id, autocomplete: "off",
      on: { input: (e) => change(e.target.value) } }), ...(node ? [node] : [])];
  };
  // A number with what stands before and behind it: 至少 [1] 次.
  const number = (before, value, unit, change, { step = "any", min, max } = {}) =>
    make("label", { class: "figure" }, ...(before ? [make("span", {}, before)] : []),
      make("input", { class: "form-control narrow", type: "number", step, min, max, value: value ?? "", "aria-label": `${before} ${unit}`.trim(),
        on: { input: (e) => change(e.target.value === "" ? undefined : Number(e.target.value)) } }),
      ...(unit ? [make("span", {}, unit)] : []));
  const said = (names) => names.map((name) => [name, words[name] ?? name]);

  const kindOf = (one) => [...KINDS, "all", "any", "not"].find((kind) => kind in one);
  const first = (things) => Object.keys(things)[0] ?? "";
  const fresh = (kind) =>
    ({ attribute: { attribute: "stage", op: "eq", value: "active" }, tag: { tag: "" }, interest: { interest: "", at_least: 0.3 },
       event: { event: choices.event[0][0], at_least: 1, within_days: 30 }, coupon: { coupon: first(choices.coupon), state: "redeemed" },
       campaign: { campaign: first(choices.campaign), outcome: "clicked" }, segment: { segment: first(choices.segment) },
       model: { model: "churn", at_least: 0.7 } })[kind];

  // What a value is by itself when the attribute or the operator becomes another.
  const blank = (of, op) => {
    if (op === "exists") return true;
    if (DAYS.includes(op)) return 7;
    if (op === "in") return of.choices.length ? [of.choices[0][0]] : [];
    return { bool: true, enum: of.choices[0]?.[0] }[of.kind] ?? (["text", "date"].includes(of.kind) ? "" : undefined);
  };
  const UNITS = { money: words.yuan, since: words.day };
  const unknown = (name) => ({ title: name, kind: "text", ops: [], choices: [], values: [] });

  // The field of an attribute's value, by the kind of the attribute and the operator.
  const valued = (one, of, op) => {
    const put = (value) => keep(one, "value", value);
    const yes = [["true", words.true], ["false", words.false]];
    if (op === "exists") return [picker(words.value, yes, one.value ?? true, (value) => put(value === "true"))];
    if (DAYS.includes(op)) return [number("", one.value, words.day, put, { step: 1, min: 0 })];
    if (op === "in") return [several(one, of)];
    if (of.kind === "bool") return [picker(words.value, yes, one.value, (value) => put(value === "true"))];
    if (of.kind === "enum") return [picker(words.value, of.choices, one.value, put)];
    if (of.kind === "date") return [make("input", { class: "form-control", type: "date", value: one.value ?? "", "aria-label": words.value,
      on: { input: (e) => put(e.target.value) } })];
    if (of.kind === "money") {
      const fen = typeof one.value === "number" ? one.value / 100 : undefined;
      return [number("", fen, words.yuan, (value) => put(value === undefined ? value : Math.round(value * 100)), { step: 0.01, min: 0 })];
    }
    if (of.kind === "text" && (typeof one.value !== "number" || !ORDERS.includes(op))) return textual(words.value, one.value, put, of.values);
    const whole = ["count"].includes(of.kind);
    return [number("", one.value, of.unit ?? UNITS[of.kind] ?? "", put, { step: whole ? 1 : "any", min: of.kind === "number" ? undefined : 0 })];
  };
  const several = (one, of) => {
    const held = Array.isArray(one.value) ? one.value : [];
    if (!of.choices.length) {
      return make("span", {}, ...textual(words.separated, held.join("、"),
        (text) => keep(one, "value", text.split(/[、,，]/).map((part) => part.trim()).filter(Boolean)), []));
    }
    return make("fieldset", { class: "several", "aria-label": words.value }, ...of.choices.map(([key, name]) =>
      make("label", { class: "form-check" }, make("input", { class: "form-check-input", type: "checkbox", checked: held.includes(key),
        on: { change: (e) => keep(one, "value", of.choices.map(([each]) => each).filter((each) => (each === key ? e.target.checked : (one.value ?? []).includes(each)))) } }),
        ` ${name}`)));
  };

  // A row's own fields, by kind.
  const fields = {
    attribute: (one) => {
      const of = choices.attribute[one.attribute] ?? unknown(one.attribute);
      const op = one.op ?? "eq";
      return [
        picker(words.attribute, Object.entries(choices.attribute).map(([name, each]) => [name, each.title]), one.attribute, (name) => {
          const next = choices.attribute[name];
          become(one, { attribute: name, op: next.ops[0], value: blank(next, next.ops[0]) });
        }),
        picker(words.op, of.ops.map((name) => [name, (of.kind === "since" && words[`since_${name}`]) || words[name]]), op,
          (name) => become(one, { attribute: one.attribute, op: name, value: blank(of, name) })),
        ...valued(one, of, op),
      ];
    },
    tag: (one) => textual(words.tag, one.tag, (value) => keep(one, "tag", value), choices.tag),
    interest: (one) => [
      ...textual(words.interest, one.interest, (value) => keep(one, "interest", value), choices.interest),
      number(words.level, one.at_least, words.of_one, (value) => keep(one, "at_least", value), { min: 0.001, max: 0.999 }),
    ],
    event: (one) => [
      picker(words.event, choices.event, one.event, (value) => keep(one, "event", value)),
      picker(words.never, [["often", words.did], ["never", words.never]], one.never ? "never" : "often",
        (value) => become(one, { event: one.event, never: value === "never" || undefined, at_least: value === "never" ? undefined : 1, within_days: one.within_days })),
      ...(one.never ? [] : [number(words.at_least, one.at_least, words.time, (value) => keep(one, "at_least", value), { step: 1, min: 1 })]),
      number(words.last, one.within_days, words.days_in, (value) => keep(one, "within_days", value), { step: 1, min: 1 }),
    ],
    coupon: (one) => [
      picker(words.coupon, Object.entries(choices.coupon), one.coupon, (value) => keep(one, "coupon", value)),
      picker(words.state, said(STATES), one.state, (value) => keep(one, "state", value)),
    ],
    campaign: (one) => [
      picker(words.campaign, Object.entries(choices.campaign), one.campaign, (value) => keep(one, "campaign", value)),
      picker(words.outcome, said(OUTCOMES), one.outcome, (value) => keep(one, "outcome", value)),
    ],
    segment: (one) => [picker(words.segment, Object.entries(choices.segment), one.segment, (value) => keep(one, "segment", value))],
    model: (one) => {
      const of = choices.model[one.model] ?? { said: one.model, numbers: "group" in one, low: 0 };
      return [
        picker(words.model, Object.entries(choices.model).map(([slug, each]) => [slug, each.said]), one.model,
          (slug) => become(one, choices.model[slug].numbers ? { model: slug, group: 1 } : { model: slug, at_least: 0.7 })),
        of.numbers ? number(words.group_number, one.group, "", (value) => keep(one, "group", value), { step: 1, min: 0 })
          : number(words.score, one.at_least, "", (value) => keep(one, "at_least", value), { min: of.low, max: 1 }),
      ];
    },
  };

  const button = (text, act, label = text) => make("button", { class: "btn btn-sm", type: "button", "aria-label": label, on: { click: act } }, text);

  // One condition of `parts`, with its "not" and what removes it.
  const row = (parts, at) => {
    const not = "not" in parts[at];
    const one = not ? parts[at].not : parts[at];
    const turn = picker(words.not, [["", words.holds], ["not", words.holds_not]], not ? "not" : "",
      (value) => { parts[at] = value ? { not: one } : one; redraw(); });
    const remove = () => { parts.splice(at, 1); redraw(); };
    const kind = kindOf(one);
    if (kind === "all" || kind === "any") return group(one, kind, remove, turn);
    const simple = kind && kind !== "not" && Object.keys(one).every((name) => KNOWN[kind].includes(name));
    return make("div", { class: "condition", "data-new": one === newest }, turn,
      ...(simple ? [picker(words.kind, said(KINDS), kind, (value) => become(one, fresh(value))), ...fields[kind](one)]
        : [make("code", {}, JSON.stringify(one))]),
      button("×", remove, words.remove));
  };

  const group = (one, how, remove, turn) => {
    const parts = one[how];
    const add = (inside) => () => {
      newest = fresh("attribute");
      parts.push(inside(newest));
      redraw();
    };
    return make("div", { class: "join", role: "group", "aria-label": words[how] }, ...(turn ? [turn] : []),
      picker(words.join, said(["all", "any"]), how, (value) => become(one, { [value]: parts })),
      make("div", { class: "conditions" }, ...parts.map((_, at) => row(parts, at))),
      make("div", { class: "buttons" }, button(words.add, add((inner) => inner)), button(words.group, add((inner) => ({ any: [inner] }))),
        ...(remove ? [button(words.remove, remove)] : [])));
  };

  const rooted = (one) => ("all" in one || "any" in one ? one : Object.keys(one).length ? { all: [one] } : { all: [fresh("attribute")] });

  const draw = () => {
    const all = "select, input, button";
    const focus = [...place.querySelectorAll(all)].indexOf(document.activeElement);
    place.replaceChildren(group(rule, "any" in rule ? "any" : "all"));
    if (newest) place.querySelector("[data-new] select + select, [data-new] select")?.focus();
    else if (focus >= 0) place.querySelectorAll(all)[focus]?.focus();
    newest = null;
  };

  const read = () => {
    try {
      rule = rooted(JSON.parse(field.value || "{}"));
      draw();
      if (!field.value) write();
    } catch {
      place.replaceChildren(make("p", {}, "…"));
    }
  };

  field.addEventListener("input", read);
  read();
})();
