// The blind page: pairs in random order, and answers that are kept until they are saved.

/** One in so many questions has the target itself as A or B: who misses it was not listening. */
const CHECK_EVERY = 8;
const KEY = `synthmatch-blind-${gallery.id}`;

const place = (id) => document.getElementById(id);
const trio = place("trio");
const choices = { left: place("left"), right: place("right") };

let session = load() ?? begin();
let question = null;
let players = [];

function begin() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const name = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { session: name, begun: new Date().toISOString(), asked: [], answers: [] };
}

function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(kept?.answers) && Array.isArray(kept?.asked) ? kept : null;
  } catch {
    return null; // nothing kept, or a browser that keeps nothing for this page
  }
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    place("news").textContent = "This browser keeps nothing for this page: save before you leave.";
  }
}

function randomBelow(count) {
  return Math.floor(Math.random() * count);
}

function shuffled(list) {
  const mixed = [...list];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = randomBelow(last + 1);
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

/** Return all pairs that have not been asked; a row that was asked less comes before others. */
function pairsLeft() {
  const asked = new Set(session.asked);
  const often = new Map();
  for (const key of session.asked) {
    const row = key.split(" ")[0];
    often.set(row, (often.get(row) ?? 0) + 1);
  }
  const pairs = [];
  for (const row of gallery.rows) {
    row.candidates.forEach((one, index) => {
      for (const other of row.candidates.slice(index + 1)) {
        const key = `${row.row} ${one.number} ${other.number}`;
        if (!asked.has(key)) pairs.push({ row, pair: [one, other], key });
      }
    });
  }
  const count = (pair) => often.get(String(pair.row.row)) ?? 0;
  const least = Math.min(...pairs.map(count));
  return pairs.filter((pair) => count(pair) === least);
}

function nextQuestion() {
  const pairs = pairsLeft();
  if (!pairs.length) return null;
  const next = pairs[randomBelow(pairs.length)];
  const check = (session.asked.length + 1) % CHECK_EVERY === 0;
  const itself = { ...next.row.target, number: 0, distance: 0 };
  const pair = check ? [itself, next.pair[1]] : next.pair;
  const [left, right] = shuffled(pair);
  return { ...next, left, right, kind: check ? "check" : "pair" };
}

function ask() {
  for (const player of players) player.drop();
  players = [];
  trio.replaceChildren();
  question = nextQuestion();
  const number = session.answers.length + 1;
  place("count").textContent = question ? `Question ${number}` : "That was all of them";
  place("skip").hidden = !question;
  for (const button of Object.values(choices)) {
    button.hidden = !question;
    button.disabled = true;
  }
  place("save").disabled = session.answers.length === 0;
  if (!question) {
    place("hint").textContent = "Save your answers below.";
    return;
  }
  place("hint").textContent = "Listen to all three, as often as you like.";
  const sounds = [
    ["Target", question.row.target],
    ["A", question.left],
    ["B", question.right],
  ];
  for (const [name, sound] of sounds) {
    const card = copyOf("sound");
    card.querySelector(".name").textContent = name;
    players.push(new Player(card, sound, question.row.length_s, name));
    card.addEventListener("heard", unlock);
    trio.append(card);
  }
}

/** Allow an answer once all three were heard. */
function unlock() {
  const ready = players.every((player) => player.card.classList.contains("heard"));
  for (const button of Object.values(choices)) button.disabled = !ready;
  if (ready) place("hint").textContent = "Which is nearer to the target?";
}

function answer(side) {
  if (!question || choices[side].disabled) return;
  const said = ({ number, distance, similarity }) => ({
    candidate: number,
    distance: distance ?? null,
    similarity: similarity ?? null,
  });
  session.answers.push({
    row: question.row.row,
    target: question.row.title,
    kind: question.kind,
    left: said(question.left),
    right: said(question.right),
    chosen: side,
    at: new Date().toISOString(),
  });
  goOn();
}

function goOn() {
  session.asked.push(question.key);
  keep();
  ask();
  players[0]?.button.focus();
}

function save() {
  const file = {
    format: "synthmatch-answers",
    version: 1,
    gallery: gallery.id,
    title: gallery.title,
    session: session.session,
    listener: place("listener").value.trim(),
    begun: session.begun,
    answers: session.answers,
  };
  const link = document.createElement("a");
  const blob = new Blob([`${JSON.stringify(file, null, 1)}\n`], { type: "application/json" });
  link.href = URL.createObjectURL(blob);
  link.download = `synthmatch-answers-${session.session.slice(0, 6)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  place("news").textContent = `${session.answers.length} answers were handed to your browser to save.`;
}

function beginAnew() {
  const unsaved = session.answers.length;
  if (unsaved && !confirm(`Forget ${unsaved} answers? Save them first if you want to keep them.`)) return;
  session = begin();
  keep();
  place("news").textContent = "";
  ask();
}

choices.left.addEventListener("click", () => answer("left"));
choices.right.addEventListener("click", () => answer("right"));
place("skip").addEventListener("click", () => question && goOn());
place("save").addEventListener("click", save);
place("anew").addEventListener("click", beginAnew);
document.addEventListener("keydown", (event) => {
  const busy = event.altKey || event.ctrlKey || event.metaKey || event.target.tagName === "INPUT";
  if (event.key === "Escape") Player.current?.stop();
  if (busy || !question) return;
  const heard = { t: 0, a: 1, b: 2 }[event.key.toLowerCase()];
  const action =
    heard !== undefined
      ? () => {
          players[heard].stop();
          players[heard].play();
        }
      : {
          ArrowLeft: () => answer("left"),
          ArrowRight: () => answer("right"),
          s: () => goOn(),
        }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
ask();
