// What is wrong with the contrast (WCAG 2.2, AA) of what is shown: 4.5 for text, 3 for large text and controls' edges.
(() => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = channels(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = { problems: [], texts: 0, edges: 0, lowest: 21 };
  const judge = (kind, a, b, least, node) => {
    const value = ratio(a, b);
    ++found[kind];
    found.lowest = Math.min(found.lowest, value / least * 4.5);
    if (value < least) found.problems.push(`${kind} ${value.toFixed(2)} < ${least}: ${node.outerHTML.slice(0, 120)}`);
  };
  for (const node of document.querySelectorAll("body *")) {
    if (!node.checkVisibility() || node.closest(":disabled, .hidden-text")) continue;
    const style = getComputedStyle(node);
    if ([...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) {
      const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
      judge("texts", channels(style.color), ground(node), large ? 3 : 4.5, node);
    }
    if (node.matches("button:not([hidden]), select, textarea, .choice, .menu > summary")) {
      const edge = channels(style.borderTopColor);
      judge("edges", ratio(edge, ground(node.parentElement)) > ratio(ground(node), ground(node.parentElement)) ? edge : ground(node),
        ground(node.parentElement), 3, node);
    }
  }
  return found;
})()
