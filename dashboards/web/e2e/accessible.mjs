// What can be told of accessibility by machine: contrast, names of controls, what fits the screen, where the focus is.

/** Texts whose contrast is below WCAG AA: 4.5, or 3 for large ones. */
export const poorContrast = (page) => page.evaluate(() => {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const background = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (text === "" || !element.checkVisibility() || element.closest(".stale, option, title, .hidden, .skip, :disabled")) continue;
    const style = getComputedStyle(element);
    const under = background(element);
    const ink = over(parse(element instanceof SVGElement ? style.fill : style.color), under);
    const [dark, light] = [luminance(ink), luminance(under)].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) poor.push(`"${text.slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
});

/** Controls without a name. */
export const nameless = (page) => page.evaluate(() =>
  [...document.querySelectorAll("button, a, input, select, textarea, [role=img]")]
    .filter((e) => e.checkVisibility())
    .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || [...(e.labels ?? [])].some((l) => l.textContent.trim())))
    .map((e) => e.outerHTML.slice(0, 80)));

/** How far the page is wider than the screen, in pixels. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What has the focus, and whether that can be seen. */
export const focus = (page) => page.evaluate(() => {
  const e = document.activeElement;
  return { text: (e.getAttribute("aria-label") ?? e.textContent).trim(), seen: getComputedStyle(e).outlineStyle !== "none" };
});
