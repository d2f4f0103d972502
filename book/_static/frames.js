// What is wider than the page scrolls inside its own frame. Such a frame can be reached
// and scrolled with the keyboard, says what it is, and shows that it goes on (book.css).
const FRAMES = {
  "div.output.text_html, div.pst-scrollable-table-container": "Table",
  "figure.align-default": "Figure",
  "div.cell_output": "Output",
  "div.math": "Equation",
  "div.highlight pre": "Code",
};

function frames() {
  return Object.entries(FRAMES).flatMap(([selector, kind]) =>
    [...document.querySelectorAll(selector)].map((frame) => ({ frame, kind })),
  );
}

function markEnd(frame) {
  const end = frame.scrollLeft + frame.clientWidth >= frame.scrollWidth - 1;
  frame.classList.toggle("at-end", end);
}

function mark({ frame, kind }) {
  // Measured without the mark, which gives an equation more room: else one that fits
  // only with it would be marked and unmarked for ever.
  frame.classList.remove("scrolls");
  const wide = frame.scrollWidth > frame.clientWidth + 1;
  frame.classList.toggle("scrolls", wide);
  markEnd(frame);
  if (wide) {
    const caption = frame.querySelector("caption, figcaption")?.textContent.trim();
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", `${caption || kind}, scrolls sideways`);
  } else if (frame.getAttribute("role") === "group") {
    for (const name of ["tabindex", "role", "aria-label"]) frame.removeAttribute(name);
  }
}

function watchFrames() {
  const all = frames();
  const markAll = () => all.forEach(mark);
  for (const { frame } of all) {
    frame.addEventListener("scroll", () => markEnd(frame));
    // Arrow keys scroll a frame; elsewhere they lead to the page before or after.
    frame.addEventListener("keydown", (event) => {
      if (event.key.startsWith("Arrow") && frame.classList.contains("scrolls")) {
        event.stopPropagation();
      }
    });
  }
  // The theme gives and takes the place in the order of tabs too, some time after a
  // resize, and knows fewer kinds of frames.
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.classList.contains("scrolls") && target.tabIndex !== 0) {
        target.tabIndex = 0;
      }
    }
  }).observe(document.body, { attributeFilter: ["tabindex"], subtree: true });
  new ResizeObserver(markAll).observe(document.querySelector("article"));
  // An equation has its width once MathJax has typeset it; a folded cell, once open.
  window.MathJax?.startup?.promise?.then(markAll);
  document.addEventListener("toggle", markAll, true);
  markAll();
}

if (document.readyState === "complete") watchFrames();
else window.addEventListener("load", watchFrames);
