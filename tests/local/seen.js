// What a person would find wrong with the page: a list of sentences, empty when all is well.
const problems = [];
const told = node => (node.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
const root = document.documentElement, width = root.clientWidth;
if (root.scrollWidth > width) problems.push(`the page is ${root.scrollWidth} wide, the window ${width}`);

// Every piece of text that is shown, with its lines' boxes.
const shown = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode, parent = node.parentElement;
  if (!node.data.trim() || parent.closest(".unseen, .skip, style, title, desc")) continue;
  if (!parent.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const boxes = [...range.getClientRects()].filter(box => box.width > 0.5 && box.height > 0.5);
  if (boxes.length) shown.push({ node, parent, boxes });
}
if (shown.length < 50) problems.push(`only ${shown.length} texts are shown`);

// Cut off: by a box that does not show what is beyond it, or by the window where no box scrolls.
const once = make => {
  const made = new Map();
  return key => made.get(key) ?? made.set(key, make(key)).get(key);
};
const bounds = once(element => {
  if (!element || element === document.body) return [[0, width]];
  const overflow = getComputedStyle(element).overflowX, box = element.getBoundingClientRect();
  if (overflow === "visible") return bounds(element.parentElement);
  if (overflow === "hidden") return [[box.left, box.right], ...bounds(element.parentElement)];
  return [[box.left - element.scrollLeft, box.left - element.scrollLeft + element.scrollWidth]];
});
for (const { node, parent, boxes } of shown)
  if (bounds(parent).some(([left, right]) => boxes.some(box => box.left < left - 1 || box.right > right + 1)))
    problems.push(`cut off: ${told(node)}`);

// On top of each other: two pieces of text whose boxes share more than a rounding.
const lines = shown.flatMap(one => one.boxes.map(box => ({ ...one, box }))).sort((a, b) => a.box.top - b.box.top);
for (let i = 0; i < lines.length; i++) {
  const a = lines[i];
  for (let j = i + 1; j < lines.length && lines[j].box.top < a.box.bottom - 2; j++) {
    const b = lines[j];
    const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (a.node !== b.node && wide > 1.5 && high > 3) problems.push(`on top of each other: ${told(a.node)} | ${told(b.node)}`);
  }
}

// Contrast, by WCAG's formula, of each text with what lies behind it.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colour = once(text => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
});
const over = (top, share, below) => below.map((value, i) => i < 3 ? top[i] * share + value * (1 - share) : 255);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
const behind = once(element => {
  if (!element) return colour(getComputedStyle(document.body).backgroundColor);
  const own = colour(getComputedStyle(element).backgroundColor);
  return own[3] === 255 ? own : over(own, own[3] / 255, behind(element.parentElement));
});
const shapes = once(svg => [...svg.querySelectorAll("rect")].filter(one => getComputedStyle(one).fill !== "none")
  .map(one => ({ one, box: one.getBoundingClientRect(), style: getComputedStyle(one) })));
const behindDrawn = (svg, text, x, y) => {
  let found = behind(svg.parentElement);
  for (const { one, box, style } of shapes(svg)) {
    const before = one.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!before || x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
    const fill = colour(style.fill);
    found = over(fill, (fill[3] / 255) * Number(style.fillOpacity) * Number(style.opacity), found);
  }
  return found;
};
for (const { node, parent, boxes: [box] } of shown) {
  const svg = parent.closest("svg"), style = getComputedStyle(parent);
  const below = svg ? behindDrawn(svg, parent, box.left + box.width / 2, box.top + box.height / 2) : behind(parent);
  const given = colour(svg ? style.fill : style.color);
  const ratio = contrast(over(given, given[3] / 255, below), below);
  if (ratio < 4.5) problems.push(`contrast ${ratio.toFixed(2)}: ${told(node)}`);
}
return problems.slice(0, 20);
