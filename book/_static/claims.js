// Tables of claims can be sorted by their columns and filtered by verdict and words. All
// of it is in the page; without this script they are plain tables.
const DECIDED = "decided";
const DECIDES = ["holds", "holds-in-part", "does-not-hold", "misprint"];

function sortBy(table, column, button) {
  const rising = button.parentElement.getAttribute("aria-sort") !== "ascending";
  for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
  button.parentElement.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows];
  const text = (row) => row.cells[column].textContent.trim();
  rows.sort((a, b) => text(a).localeCompare(text(b), "en", { numeric: true }));
  if (!rising) rows.reverse();
  table.tBodies[0].append(...rows);
}

function addFilter(table) {
  const bar = document.createElement("div");
  bar.className = "claims-filter";
  const verdicts = [...new Set([...table.tBodies[0].rows].map((r) => r.dataset.verdict))];
  const choice = document.createElement("select");
  choice.append(new Option("all verdicts", ""), new Option("what is decided", DECIDED));
  for (const verdict of verdicts.sort()) {
    choice.append(new Option(verdict.replaceAll("-", " "), verdict));
  }
  const words = document.createElement("input");
  words.type = "search";
  const count = document.createElement("output");
  const named = (text, control) => {
    const label = document.createElement("label");
    label.append(`${text} `, control);
    return label;
  };
  bar.append(named("Verdict", choice), named("Words", words), count);
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      const fits = choice.value === DECIDED
        ? DECIDES.includes(row.dataset.verdict)
        : !choice.value || row.dataset.verdict === choice.value;
      row.hidden = !(fits && wanted.every((word) => text.includes(word)));
      shown += !row.hidden;
    }
    count.value = `${shown} of ${table.tBodies[0].rows.length} claims`;
  };
  choice.addEventListener("input", filter);
  words.addEventListener("input", filter);
  // The page of all claims opens with those; a link to another row shows all.
  const linked = () =>
    document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (table.dataset.opens === DECIDED && !table.contains(linked())) {
    choice.value = DECIDED;
  }
  window.addEventListener("hashchange", () => {
    const row = linked();
    if (!table.contains(row) || !row.hidden) return;
    choice.value = "";
    filter();
    row.scrollIntoView();
  });
  filter();
  table.parentElement.before(bar);
}

function enliven(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sortBy(table, column, button));
    head.replaceChildren(button);
  });
  if (table.tBodies[0].rows.length > 12) addFilter(table);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("table.claims").forEach(enliven);
});
