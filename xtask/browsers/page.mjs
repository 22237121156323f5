// Functions that run inside the page. Each is sent as text, so it uses nothing from outside itself.

/** The facts as the page shows them, and the fingerprint of the server's certificate. */
export function facts() {
  const rows = [...document.querySelectorAll(".facts > div")].map((row) => [
    row.querySelector("dt").textContent,
    row.querySelector(".value").textContent,
  ]);
  const fingerprint = document.querySelector(".chain .leaf .fingerprint").textContent;
  return { rows: Object.fromEntries(rows), fingerprint };
}

/** Everything that shows, as text. */
export function text() {
  return document.body.innerText;
}

/** By which protocol the page came. */
export function protocol() {
  return performance.getEntriesByType("navigation")[0].nextHopProtocol;
}

/** The width there is, and the width the page takes of it. */
export function widths() {
  return { there: innerWidth, takes: document.documentElement.scrollWidth };
}

/** Whether the page is shown in this colour scheme. */
export function isShownIn(scheme) {
  return matchMedia(`(prefers-color-scheme: ${scheme})`).matches;
}

/** What can be operated, in the order of the document. */
export function operable() {
  const found = document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])",
  );
  return [...found].map((element) => element.textContent.trim());
}

/** What has the focus, whether it is in view with its outline, and how that looks. */
export function focused() {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const outline = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  const reach = outline + parseFloat(style.outlineOffset);
  let ground = element.parentElement ?? element;
  while (ground.parentElement && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") {
    ground = ground.parentElement;
  }
  const light = (color) => {
    const [red, green, blue] = color
      .match(/[\d.]+/g)
      .map((part) => Number(part) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, bright] = [style.outlineColor, getComputedStyle(ground).backgroundColor]
    .map(light)
    .sort((one, other) => one - other);
  return {
    label: element.textContent.trim(),
    top: box.top,
    inView:
      box.width > 0 &&
      Math.min(box.top, box.left) >= reach &&
      box.bottom + reach <= innerHeight &&
      box.right + reach <= innerWidth,
    outline,
    contrast: (bright + 0.05) / (dark + 0.05),
  };
}

/** Takes the outline away from what has the focus, or gives it back. */
export function outline(value) {
  document.activeElement.style.outline = value;
}

/** Where a press of Enter may have led. */
export function place() {
  const active = document.activeElement;
  return { focus: active.id, open: active.parentElement?.open === true, path: location.pathname };
}

/** Runs axe-core over the document with everything unfolded; what it found, in a line each. */
export async function violations() {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const { violations } = await axe.run(document);
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map((node) => node.target).join(", ")}`);
}

/** A fault that axe-core must find: a picture without words for it. */
export function spoil() {
  document.body.append(document.createElement("img"));
}
