// What both pages share: sounds, of which one plays at a time, as loud as the listener wants.

/** How loud: the listener's volume, and whether the sounds of a row are brought to one loudness. */
const level = { volume: 0.4, levelled: true };

/**
 * One sound: its button and where it is. The file is not asked for before it is played.
 *
 * The card takes the classes `playing`, `begun` and `heard`, and `--at`, how much of it is over.
 */
class Player {
  static current = null;
  static all = new Set();

  /**
   * @param {HTMLElement} card    holds a `.play` button and an `audio`, and maybe a `.seek` slider
   * @param {{sound: string, down_db: number}} sound    its file, and what makes it as loud as others
   * @param {number} length_s     of the sound
   * @param {string} label        what it is called, for those who hear the page
   */
  constructor(card, sound, length_s, label) {
    this.card = card;
    this.label = label;
    this.length_s = length_s;
    this.down_db = sound.down_db;
    this.button = card.querySelector(".play");
    this.seek = card.querySelector(".seek");
    this.audio = card.querySelector("audio");
    this.audio.src = sound.sound;
    this.button.addEventListener("click", () => this.toggle());
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.addEventListener("error", () => this.fail());
    if (this.seek) {
      this.seek.max = length_s;
      this.seek.setAttribute("aria-label", `Position in ${label}, seconds`);
      this.seek.addEventListener("input", () => this.moveTo(Number(this.seek.value)));
    }
    Player.all.add(this);
    this.show(false);
  }

  get playing() {
    return this.card.classList.contains("playing");
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Play on from where it is; whatever else plays is ended. */
  play() {
    if (Player.current && Player.current !== this) Player.current.stop();
    Player.current = this;
    this.applyLevel();
    this.show(true);
    this.card.classList.add("begun", "heard");
    this.audio.play().catch((reason) => {
      if (reason.name !== "AbortError") this.fail();
    });
    this.card.dispatchEvent(new CustomEvent("heard", { bubbles: true }));
    this.follow();
  }

  pause() {
    this.audio.pause();
    this.show(false);
  }

  /** Stop, and go back to the beginning. */
  stop() {
    this.audio.pause();
    this.card.classList.remove("begun");
    this.show(false);
    if (this.audio.currentTime > 0) this.audio.currentTime = 0;
    this.place(0);
  }

  /** Forget the sound; its card goes. */
  drop() {
    this.stop();
    Player.all.delete(this);
    if (Player.current === this) Player.current = null;
  }

  moveTo(at_s) {
    this.audio.currentTime = at_s;
    this.card.classList.add("begun");
    this.place(at_s);
    if (!this.playing) this.play();
  }

  applyLevel() {
    const down = level.levelled ? 10 ** (-this.down_db / 20) : 1;
    this.audio.volume = level.volume ** 2 * down;
  }

  fail() {
    this.show(false);
    this.card.classList.remove("begun");
    this.button.setAttribute("aria-label", `${this.label} cannot be played`);
    this.button.title = "This browser cannot play the sound, or its file is gone.";
  }

  show(playing) {
    this.card.classList.toggle("playing", playing);
    this.button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${this.label}`);
  }

  place(at_s) {
    this.card.style.setProperty("--at", `${Math.min(100, (100 * at_s) / this.length_s)}%`);
    if (this.seek) {
      this.seek.value = at_s;
      this.seek.setAttribute("aria-valuetext", `${at_s.toFixed(1)} of ${this.length_s.toFixed(1)} s`);
    }
  }

  follow() {
    if (!this.playing) return;
    this.place(this.audio.currentTime);
    requestAnimationFrame(() => this.follow());
  }
}

/** Return a copy of what a template holds. */
function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Let the two controls at the top decide how loud everything is. */
function connectLevel() {
  const volume = document.getElementById("volume");
  const levelled = document.getElementById("levelled");
  const apply = () => {
    level.volume = Number(volume.value) / 100;
    level.levelled = levelled ? levelled.checked : true;
    for (const player of Player.all) player.applyLevel();
  };
  volume.addEventListener("input", apply);
  levelled?.addEventListener("change", apply);
  apply();
}

const gallery = JSON.parse(document.getElementById("data").textContent);
connectLevel();
