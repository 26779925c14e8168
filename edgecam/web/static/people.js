import { announce } from "./announce.js";
import { make } from "./dom.js";
import { cleanName } from "./fields.js";
import { Panel } from "./panel.js";
import { talking } from "./talk/words.js";
import { element } from "./view.js";
import { fill } from "./words.js";

/**
 * @typedef {import("./furnish.js").House} House
 * @typedef {import("./state.js").State} State
 */

/** Who is watching and who of them is heard, and what the others call this viewer. */
export class People {
  #house;
  #list = make("ul");
  #speaker = element("speaker", HTMLElement);
  #name = make("input");
  #refused = make("p");
  #panel;

  /** @param {House} house */
  constructor(house) {
    this.#house = house;
    const { people } = house.language;
    const section = element("people", HTMLElement);
    section.setAttribute("aria-label", people.title);
    const form = this.#form();
    section.append(make("h2", "", people.title), this.#list, form, this.#leaving());
    const button = element("watching", HTMLButtonElement);
    button.title = people.title;
    this.#panel = new Panel(button, section, () => {
      this.#name.value = house.choice.name;
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#panel.close();
      this.#rename(this.#name.value);
    });
    house.store.subscribe((state) => this.#draw(state));
  }

  #form() {
    const { people } = this.#house.language;
    const form = make("form");
    const label = make("label", "", people.name);
    const row = make("div", "row");
    this.#name.id = "name";
    this.#name.maxLength = 40;
    this.#name.setAttribute("autocomplete", "nickname");
    label.htmlFor = this.#name.id;
    row.append(this.#name, make("button", "", people.save));
    this.#refused.textContent = people["name-refused"];
    this.#refused.hidden = true;
    form.append(label, row, this.#refused, make("p", "", people["name-hint"]));
    return form;
  }

  /** The server's to answer, with its own page. */
  #leaving() {
    const form = make("form");
    form.method = "post";
    form.action = "/sign-out";
    form.append(make("button", "", this.#house.language.people["sign-out"]));
    return form;
  }

  /** @param {string} name */
  #rename(name) {
    const { choice, session, store } = this.#house;
    const before = choice.name;
    store.dispatch({ type: "named" });
    if (name.trim() && !cleanName(name)) {
      store.dispatch({ type: "name-refused" });
      // To be mended; the name before stays.
      this.#name.value = name;
      return;
    }
    choice.name = name;
    if (choice.name !== before) session.rename();
  }

  /** @param {Readonly<State>} state */
  #draw(state) {
    this.#drawRefusal(state.nameless);
    const { phase, camera, viewer } = state;
    const { language } = this.#house;
    const { people } = language;
    const items = (camera?.watching ?? []).map((each) => {
      const item = make("li");
      item.append(make("bdi", "", each.name || language.speaker.nameless));
      if (each.viewer === viewer) item.append(make("span", "tag", people.you));
      if (camera?.floor.includes(each.viewer)) item.append(make("span", "tag talking", people.talking));
      return item;
    });
    const unnamed = (camera?.viewers ?? 0) - items.length;
    if (items.length && unnamed > 0) items.push(make("li", "soft", fill(people.unnamed, { count: unnamed })));
    this.#list.replaceChildren(...items);
    // Of this page itself the sign says more.
    const others = camera?.floor.some((each) => each !== viewer) && (phase === "live" || phase === "stale");
    const said = others ? talking(camera, viewer, language) : "";
    if (this.#speaker.textContent !== said) {
      this.#speaker.textContent = said;
      announce(said);
    }
    this.#speaker.hidden = said === "";
  }

  /** Shown where another name is given. @param {boolean} nameless */
  #drawRefusal(nameless) {
    if (nameless === !this.#refused.hidden) return;
    this.#refused.hidden = !nameless;
    if (!nameless) return;
    this.#panel.open();
    announce(this.#refused.textContent);
  }
}
