// Shows what a link leads to while it is pointed at or has the focus (previews.py). A tap
// shows it first, a second tap follows the link. Escape closes it.
(() => {
  const all = window.bookPreviews || {};
  const root = new URL(document.documentElement.dataset.content_root || "./", document.baseURI);
  const links = "article a.reference.internal[href*='#'], article a.verdict, article a.term";
  let box = null;
  let owner = null;
  let timer = 0;

  function find(link) {
    if (!link.href.startsWith(root.href)) return null;
    return all[decodeURIComponent(link.href.slice(root.href.length))];
  }

  function close() {
    clearTimeout(timer);
    if (!box) return;
    box.remove();
    owner.removeAttribute("aria-describedby");
    box = owner = null;
  }

  function open(link) {
    const html = find(link);
    if (!html || owner === link) return;
    close();
    box = document.createElement("div");
    box.className = "preview";
    box.id = "preview";
    box.setAttribute("role", "tooltip");
    box.innerHTML = html;
    for (const image of box.querySelectorAll("img")) {
      image.src = new URL(image.getAttribute("src"), root);
    }
    document.body.append(box);
    owner = link;
    link.setAttribute("aria-describedby", "preview");
    place();
    box.addEventListener("mouseenter", () => clearTimeout(timer));
    box.addEventListener("mouseleave", later);
    if (window.MathJax?.typesetPromise && box.querySelector(".math")) {
      window.MathJax.typesetPromise([box]).then(place, () => {});
    }
  }

  // Below the link or, where there is no room, above it; never beyond the window.
  function place() {
    if (!box) return;
    const at = owner.getClientRects()[0] || owner.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - box.offsetWidth - 8);
    const below = at.bottom + 6;
    const fits = below + box.offsetHeight < innerHeight;
    const top = fits ? below : Math.max(8, at.top - box.offsetHeight - 6);
    box.style.left = `${Math.max(8, left) + scrollX}px`;
    box.style.top = `${top + scrollY}px`;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(close, 200);
  }

  function linkOf(event) {
    return event.target.closest ? event.target.closest(links) : null;
  }

  document.addEventListener("mouseover", (event) => {
    const link = linkOf(event);
    if (!link) return;
    clearTimeout(timer);
    if (owner !== link) timer = setTimeout(() => open(link), 150);
  });
  document.addEventListener("mouseout", (event) => {
    if (linkOf(event)) later();
  });
  document.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (link && link.matches(":focus-visible")) open(link);
    else close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  let touched = null;
  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch" ? linkOf(event) : null;
    if (box && !box.contains(event.target) && linkOf(event) !== owner) close();
  });
  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (link && link === touched && link !== owner && find(link)) {
      event.preventDefault();
      clearTimeout(timer);
      open(link);
    } else if (link) {
      close();
    }
  });
})();
