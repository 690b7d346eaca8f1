// The gallery: rows of sounds, more on demand, and their parameters side by side.

const FIRST_ROWS = 3;
const MORE_ROWS = 4;

const main = document.getElementById("rows");
const more = document.getElementById("more");
const news = document.getElementById("news");
let shown = 0;

/** A row: its sounds are one stop of the tab key, the arrows go from one to the next. */
class Row {
  constructor(data, number) {
    this.data = data;
    this.node = copyOf("row");
    this.node.id = `row-${number}`;
    this.players = [];
    this.at = 0;
    const heading = this.node.querySelector("h2");
    heading.textContent = data.title;
    heading.id = `title-${number}`;
    this.node.setAttribute("aria-labelledby", heading.id);
    this.node.querySelector(".group").textContent = data.group;
    this.node.querySelector(".remarks").textContent = data.remarks.join(" ");
    this.fillSounds();
    this.fillParameters();
  }

  fillSounds() {
    const sounds = this.node.querySelector(".sounds");
    sounds.setAttribute("role", "group");
    sounds.setAttribute("aria-label", `${this.data.title}: target and candidates`);
    sounds.classList.toggle("few", this.data.candidates.length < 5);
    sounds.append(this.card(this.data.target, "target", `the target, ${this.data.title}`));
    for (const candidate of this.data.candidates) {
      const said = [`candidate ${candidate.number}`];
      if (candidate.similarity !== null) said.push(`${candidate.similarity}% similar`);
      sounds.append(this.card(candidate, candidate.number, [...said, ...candidate.words].join(", ")));
    }
    sounds.addEventListener("keydown", (event) => this.key(event));
    this.goTo(0, false);
  }

  card(sound, name, label) {
    const card = copyOf("sound");
    const isTarget = name === "target";
    card.classList.toggle("target", isTarget);
    card.querySelector(".name").textContent = isTarget ? "Target" : name;
    card.querySelector(".words").textContent = (sound.words ?? []).join(" · ");
    const figures = Object.entries(sound.figures ?? {});
    const small = figures.length ? [sound.closeness, `distance ${sound.figures.distance}`] : [];
    if (sound.note) small.push(sound.note);
    card.querySelector(".small").textContent = small.join(" · ");
    card.title = figures.map(([metric, figure]) => `${metric} ${figure}`).join(", ");
    if (typeof sound.similarity === "number") {
      const meter = document.createElement("meter");
      meter.max = 100;
      meter.value = sound.similarity;
      meter.setAttribute("aria-hidden", "true"); // the figure beside it says the same
      const similarity = card.querySelector(".similarity");
      similarity.append(meter, `${sound.similarity}%`);
      similarity.title = "similarity";
    }
    card.querySelector(".level").textContent = sound.level ?? "";
    if (!sound.sound) {
      card.querySelector(".face").replaceChildren("not rendered");
      card.querySelector(".face").classList.add("silent-face");
      card.querySelector(".play").remove();
      card.querySelector("audio").remove();
      return card;
    }
    const image = card.querySelector(".spectrum");
    image.src = sound.picture;
    image.alt = `Spectrogram of ${label}`;
    const outline = outlineOf(sound.outline);
    for (const path of card.querySelectorAll(".wave path")) path.setAttribute("d", outline);
    const place = this.players.length;
    const player = new Player(card, sound, this.data.length_s, label);
    player.number = isTarget ? 0 : name;
    card.addEventListener("focusin", () => this.goTo(place, false));
    card.addEventListener("heard", () => this.goTo(place, false));
    this.players.push(player);
    return card;
  }

  /** Make one sound of the row the one that the tab key stops at. */
  goTo(place, focus) {
    this.at = place;
    this.players.forEach((player, other) => {
      player.button.tabIndex = other === place ? 0 : -1;
      player.seek.tabIndex = other === place ? 0 : -1;
    });
    if (focus) this.players[place].button.focus();
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const onSlider = event.target.classList.contains("seek");
    const last = this.players.length - 1;
    const numbered = this.players.findIndex((player) => String(player.number) === event.key);
    const goal = {
      ArrowRight: Math.min(last, this.at + 1),
      ArrowLeft: Math.max(0, this.at - 1),
      Home: 0,
      End: last,
    }[event.key];
    if (numbered >= 0) {
      this.goTo(numbered, true);
      this.players[numbered].stop();
      this.players[numbered].play();
    } else if (event.key === " " && onSlider) {
      this.players[this.at].toggle();
    } else if (goal !== undefined && !onSlider) {
      const sounding = this.players.some((player) => player.playing);
      this.goTo(goal, true);
      if (sounding && !this.players[goal].playing) this.players[goal].play();
    } else return;
    event.preventDefault();
  }

  fillParameters() {
    const details = this.node.querySelector(".parameters");
    const parameters = this.data.parameters;
    if (!parameters.length) {
      details.remove();
      return;
    }
    const differing = parameters.filter((one) => one.marks.includes("1")).length;
    details.querySelector(".count").textContent = `(${differing} of ${parameters.length} differ)`;
    details.addEventListener("toggle", () => {
      const place = details.querySelector(".table");
      if (details.open && !place.hasChildNodes()) place.append(...this.table());
    });
  }

  table() {
    const table = document.createElement("table");
    table.className = "only";
    const head = table.createTHead().insertRow();
    head.append(cell("th", "", "col"));
    for (const candidate of this.data.candidates) head.append(cell("th", candidate.number, "col"));
    const figures = Object.keys(this.data.candidates[0].figures);
    if (figures.length) {
      const body = sectionOf(table, "scores", this.data.candidates.length + 1);
      addLine(body, "similarity", this.data.candidates.map((one) => `${one.similarity}%`));
      for (const metric of figures) {
        addLine(body, metric, this.data.candidates.map((one) => one.figures[metric] ?? "–"));
      }
    }
    let body = null;
    let section = "";
    for (const one of this.data.parameters) {
      if (one.section !== section) {
        section = one.section;
        body = sectionOf(table, section, this.data.candidates.length + 1);
        body.firstElementChild.classList.add("same");
      }
      const line = addLine(body, one.name, one.values, one.marks);
      if (one.marks.includes("1")) body.firstElementChild.classList.remove("same");
      else line.classList.add("same");
    }
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", `Parameters of the candidates for ${this.data.title}`);
    scroll.append(table);
    return [toolsFor(table), scroll];
  }
}

/** Return the outline of a wave, 160 columns of 0..99 to both sides, as a closed path. */
function outlineOf(columns) {
  const above = columns.map((reach, x) => `${x + 0.5},${-reach - 1}`);
  const below = columns.map((reach, x) => `${x + 0.5},${reach + 1}`).reverse();
  return `M${above.join("L")}L${below.join("L")}Z`;
}

function cell(kind, text, scope) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}

function sectionOf(table, name, columns) {
  const body = table.createTBody();
  const line = body.insertRow();
  line.className = "section";
  const heading = cell("th", name, "rowgroup");
  heading.colSpan = columns;
  line.append(heading);
  return body;
}

function addLine(body, name, values, marks = "") {
  const line = body.insertRow();
  line.append(cell("th", name, "row"));
  values.forEach((value, place) => {
    const made = cell("td", value);
    if (marks[place] === "1") {
      made.className = "other";
      made.title = "notably other than the rest";
    } else if (marks[place] === "-") {
      made.className = "idle";
      made.title = "cannot be heard here";
    }
    line.append(made);
  });
  return line;
}

function toolsFor(table) {
  const tools = document.createElement("div");
  tools.className = "tools";
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = true;
  box.addEventListener("change", () => table.classList.toggle("only", box.checked));
  label.append(box, " Only what differs");
  const key = document.createElement("p");
  key.textContent = "● notably other than the rest; faint: cannot be heard";
  tools.append(label, key);
  return tools;
}

function showMore(count, focus) {
  const next = gallery.rows.slice(shown, shown + count);
  const rows = next.map((data, place) => new Row(data, shown + place + 1));
  main.append(...rows.map((row) => row.node));
  shown += next.length;
  const left = gallery.rows.length - shown;
  more.hidden = left === 0;
  more.textContent = `Load ${Math.min(left, MORE_ROWS)} more of ${left}`;
  if (focus && rows.length) {
    rows[0].goTo(0, true);
    news.textContent = `${shown} of ${gallery.rows.length} sounds are shown.`;
  }
}

more.addEventListener("click", () => showMore(MORE_ROWS, true));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && Player.current) Player.current.stop();
});
showMore(FIRST_ROWS, false);
