// A drawing as a picture: the SVG with the colours it has on the page, painted on a canvas and saved as PNG.
const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap",
  "opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline", "display", "visibility"];
const SCALE = 2, ROOM = 16, LINE = 20;

function withItsLooks(svg) {
  const copy = svg.cloneNode(true);
  const parts = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((part, n) => {
    const looks = getComputedStyle(parts[n]);
    for (const name of LOOKS) part.setAttribute(name, looks.getPropertyValue(name));
    part.removeAttribute("class");
  });
  copy.querySelectorAll("title, desc").forEach((words) => words.remove());
  return copy;
}

function lines(brush, text, width) {
  const made = [""];
  for (const word of text.trim().split(/\s+/)) {
    const longer = `${made.at(-1)} ${word}`.trim();
    if (brush.measureText(longer).width > width && made.at(-1)) made.push(word);
    else made[made.length - 1] = longer;
  }
  return made;
}

function paint(figure, picture, width, height) {
  const canvas = document.createElement("canvas"), brush = canvas.getContext("2d");
  const page = getComputedStyle(document.body), words = figure.querySelector("h2, h3"), says = figure.querySelector("p");
  const font = (weight, size) => { brush.font = `${weight} ${size}px ${page.fontFamily}`; };
  font(600, 14);
  const title = lines(brush, words?.textContent ?? "", width);
  font(400, 13);
  const sentence = lines(brush, says?.textContent ?? "", width);
  const above = ROOM + (title.length + sentence.length) * LINE + ROOM / 2;
  canvas.width = (width + 2 * ROOM) * SCALE;
  canvas.height = (above + height + ROOM) * SCALE;
  brush.scale(SCALE, SCALE);
  brush.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--surface") || "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.fillStyle = page.color;
  font(600, 14);
  title.forEach((line, n) => brush.fillText(line, ROOM, ROOM + 14 + n * LINE));
  font(400, 13);
  sentence.forEach((line, n) => brush.fillText(line, ROOM, ROOM + 14 + (title.length + n) * LINE));
  brush.drawImage(picture, ROOM, above, width, height);
  return canvas;
}

async function save(figure) {
  const all = [...figure.querySelectorAll("svg:not(.i)")];
  const svg = all.reduce((big, each) => (each.clientWidth > (big?.clientWidth ?? 0) ? each : big), null);
  if (!svg) return;
  const { width, height } = svg.getBoundingClientRect();
  const copy = withItsLooks(svg);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width * SCALE);
  copy.setAttribute("height", height * SCALE);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();
  const link = document.createElement("a");
  link.href = paint(figure, picture, width, height).toDataURL("image/png");
  link.download = `${figure.dataset.drawing}.png`;
  link.click();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-png]");
  if (button) save(button.closest("figure"));
});
