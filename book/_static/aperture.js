// An envelope to try: sliders for its aperture and grid, drawn beside the product kernel
// and the curve of effective sizes. The formulas are those of aconv.layers.envelope, and a
// test compares them. Without this script, and on paper, a picture stands in its place.
(() => {
  const RANGE = [0.05, 5]; // kernel widths
  const SIZES = [3, 15]; // pixels, odd
  const INITIAL = { aperture: 0.25, size: 9 };
  const SMALLEST = 1e-6; // below it an aperture counts as it

  // Squared distance of each coefficient from the centre of the grid, row by row.
  function squaredDistance(n) {
    const axis = Array.from({ length: n }, (_, k) => (n > 1 ? k / (n - 1) - 0.5 : 0));
    return axis.flatMap((y) => axis.map((x) => x * x + y * y));
  }

  // Eq. (11), scaled by Eq. (21) if it is normalised: n * n values, row by row.
  function envelope(n, aperture, normalized = true) {
    const sigma = Math.max(aperture, SMALLEST);
    const distance = squaredDistance(n);
    // The scale cancels a common factor, and then no grid loses all its values.
    const nearest = normalized ? Math.min(...distance) : 0;
    const u = distance.map((d) => Math.exp(-(d - nearest) / (2 * sigma * sigma)));
    if (!normalized) return u;
    const scale = n / Math.sqrt(u.reduce((sum, value) => sum + value * value, 0));
    return u.map((value) => scale * value);
  }

  // Side in pixels of the square kernel that an envelope amounts to.
  function effectiveSize(u) {
    const energy = u.map((value) => value * value);
    const sum = energy.reduce((a, b) => a + b, 0);
    return sum / Math.sqrt(energy.reduce((a, b) => a + b * b, 0));
  }

  globalThis.aconv = { squaredDistance, envelope, effectiveSize };
  if (typeof document === "undefined") return;

  // Weights that look random and are the same at every visit: a grid's are the middle of
  // a larger grid's.
  function weights(n) {
    const full = SIZES[1];
    const from = (full - n) / 2;
    let state = 31;
    const uniform = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const all = Array.from(
      { length: full * full },
      () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    );
    return all.filter((_, i) => {
      const [row, column] = [Math.floor(i / full) - from, (i % full) - from];
      return row >= 0 && row < n && column >= 0 && column < n;
    });
  }

  function element(name, attributes = {}, ...children) {
    const space = "http://www.w3.org/2000/svg";
    const made = ["svg", "rect", "path", "circle", "line", "text"].includes(name)
      ? document.createElementNS(space, name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const SIDE = 240; // of a drawing, in its own units

  // Squares whose area is a value: filled above zero, hollow below.
  function drawValues(svg, n, values) {
    const cell = SIDE / n;
    const largest = Math.max(...values.map(Math.abs));
    const squares = values.map((value, i) => {
      const side = 0.92 * cell * Math.sqrt(Math.abs(value) / largest);
      const line = value < 0 ? Math.min(2, side / 3) : 0;
      return element("rect", {
        class: value < 0 ? "below" : "above",
        x: (i % n) * cell + (cell - side + line) / 2,
        y: Math.floor(i / n) * cell + (cell - side + line) / 2,
        width: side - line,
        height: side - line,
        "stroke-width": line,
      });
    });
    const frame = { class: "frame", width: SIDE, height: SIDE };
    svg.replaceChildren(element("rect", frame), ...squares);
  }

  const PLOT = { left: 34, right: 232, top: 8, bottom: 204 };
  const [FIRST, LAST] = RANGE.map(Math.log10);

  function across(aperture) {
    const share = (Math.log10(aperture) - FIRST) / (LAST - FIRST);
    return PLOT.left + share * (PLOT.right - PLOT.left);
  }

  function drawCurve(svg, n, aperture, size) {
    const up = (pixels) => PLOT.bottom - (pixels / n) * (PLOT.bottom - PLOT.top);
    const points = Array.from({ length: 121 }, (_, i) => {
      const sigma = 10 ** (FIRST + (i / 120) * (LAST - FIRST));
      return `${across(sigma)} ${up(effectiveSize(envelope(n, sigma)))}`;
    });
    const text = (x, y, words, anchor) =>
      element("text", { x, y, "text-anchor": anchor }, words);
    const { left, right, top, bottom } = PLOT;
    svg.replaceChildren(
      element("path", { class: "axes", d: `M${left} ${top}V${bottom}H${right}` }),
      element("path", { class: "bound", d: `M${across(1 / n)} ${top}V${bottom}` }),
      element("path", { class: "curve", d: `M${points.join("L")}` }),
      element("circle", { class: "dot", cx: across(aperture), cy: up(size), r: 6 }),
      ...[0.1, 0.5, 2].map((tick) => text(across(tick), bottom + 16, `${tick}`, "middle")),
      ...[1, n].map((tick) => text(left - 5, up(tick) + 5, `${tick}`, "end")),
      text((left + right) / 2, bottom + 33, "aperture (kernel widths)", "middle"),
    );
  }

  let count = 0; // of explorers on this page, for names of elements

  function control(label, attributes) {
    const id = `explorer-${(count += 1)}`;
    const input = element("input", { id, ...attributes });
    const value = element("output", { for: id });
    const row = element("div", {}, element("label", { for: id }, label), input, value);
    return { input, value, row };
  }

  function panel(title) {
    const svg = element("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
    return { svg, figure: element("figure", {}, svg, element("figcaption", {}, title)) };
  }

  function explore(place) {
    const aperture = control("aperture", {
      type: "range",
      min: FIRST,
      max: LAST,
      step: (LAST - FIRST) / 100, // one press of a key
      value: Math.log10(INITIAL.aperture),
    });
    const size = control("grid", {
      type: "range",
      min: SIZES[0],
      max: SIZES[1],
      step: 2,
      value: INITIAL.size,
    });
    const normalized = control("normalised", { type: "checkbox" });
    normalized.input.checked = true;
    const envelopes = panel("envelope U");
    const products = panel("product kernel W ∘ U: filled above zero, hollow below");
    const curve = panel("effective size (pixels); dashed: the lower bound");
    const said = element("p", { class: "explorer-said", "aria-live": "polite" });

    function draw() {
      const n = Number(size.input.value);
      const sigma = 10 ** Number(aperture.input.value);
      const u = envelope(n, sigma, normalized.input.checked);
      const w = weights(n);
      const pixels = effectiveSize(u);
      const squares = u.reduce((sum, value) => sum + value * value, 0) / u.length;
      drawValues(envelopes.svg, n, u);
      drawValues(products.svg, n, u.map((value, i) => value * w[i]));
      drawCurve(curve.svg, n, sigma, pixels);
      aperture.value.textContent = sigma.toFixed(2);
      aperture.input.setAttribute("aria-valuetext", `${sigma.toFixed(2)} kernel widths`);
      size.value.textContent = `${n}×${n}`;
      size.input.setAttribute("aria-valuetext", `${n} by ${n} pixels`);
      const bound = sigma < 1 / n ? " The layer would compute with the bound instead of this aperture." : "";
      said.textContent =
        `A kernel of ${pixels.toFixed(1)} pixels on a grid of ${n}×${n}; ` +
        `largest value of the envelope ${Math.max(...u).toFixed(2)}, ` +
        `mean of its squares ${squares.toFixed(2)}.${bound}`;
      const names = [
        `Envelope of aperture ${sigma.toFixed(2)} on a grid of ${n} by ${n}`,
        "The same weights times this envelope",
        `Effective size against aperture; the dot is at ${pixels.toFixed(1)} pixels`,
      ];
      [envelopes, products, curve].forEach(({ svg }, i) =>
        svg.setAttribute("aria-label", names[i]),
      );
    }

    const controls = [aperture, size, normalized];
    const live = element(
      "div",
      { class: "explorer-live" },
      element("div", { class: "explorer-controls" }, ...controls.map((each) => each.row)),
      element(
        "div",
        { class: "explorer-panels" },
        ...[envelopes, products, curve].map((each) => each.figure),
      ),
      said,
    );
    for (const { input } of controls) input.addEventListener("input", draw);
    draw();
    place.append(live);
    place.classList.add("explorer-works");
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".explorer").forEach(explore);
  });
})();
