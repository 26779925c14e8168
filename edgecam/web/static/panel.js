/** The one that is open. @type {Panel | null} */
let open = null;

/** A section that its button shows and hides; one at a time. Escape and a touch elsewhere close it. */
export class Panel {
  #button;
  #section;
  #shown;

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} section
   * @param {() => void} shown told each time it has been opened
   */
  constructor(button, section, shown) {
    this.#button = button;
    this.#section = section;
    this.#shown = shown;
    section.tabIndex = -1;
    button.setAttribute("aria-controls", section.id);
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      const inside = target instanceof Node && (section.contains(target) || button.contains(target));
      if (!inside) this.close();
    });
  }

  get isOpen() {
    return open === this;
  }

  open() {
    open?.close();
    open = this;
    this.#draw();
    // The section does not follow its button in the document; from here on Tab goes through it.
    this.#section.focus({ preventScroll: true });
    this.#shown();
  }

  close() {
    if (!this.isOpen) return;
    open = null;
    if (this.#section.contains(document.activeElement)) this.#button.focus();
    this.#draw();
  }

  #draw() {
    this.#section.hidden = !this.isOpen;
    this.#button.setAttribute("aria-expanded", String(this.isOpen));
    document.body.dataset.panel = open ? open.#section.id : "";
  }
}
