// How many of a person's messages this browser has not shown yet; kept for the session.
import {all, one} from "./common.js";

const KEY = "hongyan-sandbox-seen";

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) || {};
  } catch {
    return {};
  }
}

function write(known) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(known));
  } catch { /* no storage: no marks */ }
}

/** This person's phone has been looked at up to bubble number `shown`. */
export function seen(openid, shown) {
  const known = read();
  if (known[openid] === shown) return;
  known[openid] = shown;
  write(known);
}

/** Marks the rows with unread messages, and all of them together; who is new here has none. */
export function marked(people, together, mine) {
  const known = read();
  let sum = 0;
  for (const row of all("[data-person]", people)) {
    const {person, shown, sides} = row.dataset;
    const total = Number(shown);
    if (known[person] === undefined || known[person] > total) known[person] = total;
    const fresh = person === mine ? 0 : total - known[person];
    const unread = fresh ? [...sides.slice(-fresh)].filter((side) => side !== "u").length : 0;
    const mark = one("[data-unread]", row);
    mark.hidden = unread === 0;
    if (mark.textContent !== String(unread)) mark.textContent = String(unread);
    mark.setAttribute("aria-label", `${unread} 条未读`);
    row.toggleAttribute("aria-current", person === mine);
    if (person === mine) row.setAttribute("aria-current", "page");
    sum += unread;
  }
  together.hidden = sum === 0;
  together.textContent = `${sum} 条未读`;
  write(known);
}
