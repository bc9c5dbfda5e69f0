"use strict";
const table = document.getElementById("table");
const body = table.tBodies[0];
const rows = [...body.rows];
const filter = document.getElementById("filter");
const count = document.getElementById("count");

function key(row, column) {
  const cell = row.cells[column];
  return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v === "" ? NaN : Number(cell.dataset.v);
}

// What has no figure stays below, whichever way the column is sorted.
function compare(a, b, way) {
  const emptyA = a === "" || Number.isNaN(a), emptyB = b === "" || Number.isNaN(b);
  if (emptyA || emptyB) return emptyA - emptyB;
  return way * (typeof a === "number" ? a - b : a.localeCompare(b));
}

[...table.tHead.rows[0].cells].forEach((head, column) => head.addEventListener("click", () => {
  const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  [...table.tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
  rows.sort((a, b) => compare(key(a, column), key(b, column), way)).forEach((row) => body.append(row));
}));

// Words separated by spaces or commas must all occur in a row; words joined by | are alternatives.
function show() {
  const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean).map((word) => word.split("|"));
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((any) => any.some((word) => text.includes(word)));
    shown += !row.hidden;
  }
  count.textContent = `${shown} of ${rows.length} rows`;
}
filter.addEventListener("input", show);
document.querySelectorAll("a[data-filter]").forEach((link) => link.addEventListener("click", () => {
  filter.value = link.dataset.filter;
  show();
}));

// One switch for the whole page: to which goal.
document.querySelectorAll("button[data-goal]").forEach((button) => button.addEventListener("click", () => {
  document.documentElement.dataset.goal = button.dataset.goal;
}));

// A solver's name in a legend hides and shows its lines in that picture; under pointer or focus it dims the others'.
document.querySelectorAll("[data-legend]").forEach((entry) => {
  const lines = [...entry.closest("svg").querySelectorAll("[data-solver]")];
  const own = (line) => line.dataset.solver === entry.dataset.legend;
  const toggle = () => {
    const off = entry.classList.toggle("off");
    entry.setAttribute("aria-pressed", String(off));
    lines.filter(own).forEach((line) => line.classList.toggle("off", off));
  };
  const point = (on) => lines.forEach((line) => line.classList.toggle("faint", on && !own(line)));
  entry.addEventListener("click", toggle);
  entry.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle();
  });
  entry.addEventListener("pointerenter", () => point(true));
  entry.addEventListener("pointerleave", () => point(false));
  entry.addEventListener("focus", () => point(entry.matches(":focus-visible")));
  entry.addEventListener("blur", () => point(false));
});

const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
document.getElementById("copy").addEventListener("click", async () => {
  const lines = [table.tHead.rows[0], ...rows.filter((row) => !row.hidden)];
  const text = lines.map((row) => [...row.cells].map((cell) => quoted(cell.textContent.trim())).join(",")).join("\n");
  await navigator.clipboard.writeText(text);
  count.textContent = `${lines.length - 1} rows copied`;
});
show();
