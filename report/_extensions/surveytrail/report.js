// Opens, beside a number, what its entry in the audit appendix says. Without this script a number is a link to the entry.
(function () {
  "use strict";
  const main = document.getElementById("content");
  if (!main) return;
  const OPEN_AFTER = 120, CLOSE_AFTER = 260; // milliseconds of hovering
  const words = main.dataset;
  const popover = document.createElement("div");
  popover.className = "st-popover";
  popover.id = "st-popover";
  popover.setAttribute("role", "dialog");
  popover.setAttribute("aria-label", words.label);
  popover.tabIndex = -1;
  popover.hidden = true;
  document.body.append(popover);
  let current = null, pinned = false, returning = false, timer = 0;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function button(className, text, action) {
    const made = element("button", className, text);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }

  function copy(text, pressed) {
    const done = () => { pressed.textContent = words.copied; };
    const fallback = () => { // pages opened as files may be refused the clipboard
      const field = element("textarea");
      field.value = text;
      popover.append(field);
      field.select();
      if (document.execCommand("copy")) done();
      field.remove();
      pressed.focus();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, fallback); else fallback();
  }

  function fill(entry, number) {
    const head = element("p", "st-popover-head");
    head.append(element("span", "st-popover-value", entry.querySelector(".st-value").textContent),
      element("span", "", entry.querySelector(".st-label").textContent));
    const id = element("p", "st-popover-id");
    id.append(element("code", "", entry.dataset.entry));
    const list = entry.querySelector("dl").cloneNode(true);
    const command = list.querySelector('[data-field="command"]');
    const line = command.textContent;
    const records = list.querySelector('[data-field="records"]'); // long lists scroll, by keyboard too
    if (records) {
      const other = records.querySelector("a"); // listed in the entry of another number
      const listed = other ? document.querySelector(`${other.getAttribute("href")} [data-field="records"]`) : records;
      const shown = element("div", "st-records", listed.textContent);
      shown.tabIndex = 0;
      shown.setAttribute("role", "group");
      shown.setAttribute("aria-label", records.previousElementSibling.textContent);
      records.replaceChildren(shown);
    }
    command.previousElementSibling.remove();
    command.remove();
    const trace = element("div", "st-command");
    trace.append(element("code", "", line), button("st-copy", words.copy, (event) => copy(line, event.currentTarget)));
    const link = element("a", "st-entry-link", words.entry);
    link.href = number.getAttribute("href");
    link.addEventListener("click", () => close(false));
    const closing = button("st-close", "×", () => close(true));
    closing.setAttribute("aria-label", words.close);
    popover.replaceChildren(closing, head, id, list, trace, link);
    popover.scrollTop = 0;
  }

  function place(number) {
    if (getComputedStyle(popover).position === "fixed") { // on a phone: a sheet at the foot
      popover.style.left = popover.style.top = popover.style.maxHeight = "";
      return;
    }
    const box = number.getBoundingClientRect(), gap = 8;
    const banner = document.querySelector(".st-notice");
    const roomAbove = box.top - 2 * gap - (banner ? banner.offsetHeight : 0), roomBelow = window.innerHeight - box.bottom - 2 * gap;
    popover.style.maxHeight = "";
    const under = popover.offsetHeight <= roomBelow || roomBelow >= roomAbove;
    popover.style.maxHeight = `${Math.max(160, Math.min(popover.offsetHeight, under ? roomBelow : roomAbove))}px`;
    const left = Math.min(Math.max(gap, box.left), document.documentElement.clientWidth - popover.offsetWidth - gap);
    const top = under ? box.bottom + gap : box.top - gap - popover.offsetHeight;
    popover.style.left = `${left + window.scrollX}px`;
    popover.style.top = `${top + window.scrollY}px`;
  }

  function open(number, pin, at) {
    const entry = document.getElementById(number.getAttribute("href").slice(1));
    if (!entry) return;
    clearTimeout(timer);
    if (current !== number) {
      if (current) current.setAttribute("aria-expanded", "false");
      fill(entry, number);
      popover.hidden = false;
      number.setAttribute("aria-expanded", "true");
      current = number;
      place(at || number);
    }
    pinned = pin || pinned;
    if (pin) popover.querySelector(".st-close").focus({ preventScroll: true });
  }

  function close(back) {
    clearTimeout(timer);
    if (!current) return;
    const number = current;
    current = null;
    pinned = false;
    popover.hidden = true;
    number.setAttribute("aria-expanded", "false");
    returning = back; // the focus goes back to the number without opening it again
    if (back) number.focus({ preventScroll: true });
    returning = false;
  }

  function later(action, delay) {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  }

  const leave = () => { if (!pinned) later(() => close(false), CLOSE_AFTER); };
  for (const number of main.querySelectorAll("a.st-num")) {
    number.setAttribute("aria-haspopup", "dialog");
    number.setAttribute("aria-expanded", "false");
    number.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse" && !pinned) later(() => open(number, false), OPEN_AFTER);
    });
    number.addEventListener("pointerleave", leave);
    number.addEventListener("focus", () => { if (number.matches(":focus-visible") && !pinned && !returning) open(number, false); });
    number.addEventListener("blur", (event) => { if (!popover.contains(event.relatedTarget)) leave(); });
    number.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(number, true);
    });
  }
  // The marks of a figure open what their numbers open.
  for (const mark of main.querySelectorAll(".st-mark[data-number]")) {
    const links = [...mark.closest("svg").querySelectorAll("a.st-num")];
    const number = links.find((link) => link.dataset.num === mark.dataset.number && link.dataset.show === "value");
    if (!number || mark.contains(number)) continue;
    mark.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse" && !pinned) later(() => open(number, false, mark), OPEN_AFTER);
    });
    mark.addEventListener("pointerleave", leave);
    mark.addEventListener("click", () => open(number, true, mark));
  }
  popover.addEventListener("pointerenter", () => clearTimeout(timer));
  popover.addEventListener("pointerleave", leave);
  popover.addEventListener("focusin", () => { pinned = true; });
  popover.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !popover.contains(event.relatedTarget)) close(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && current) {
      event.preventDefault();
      close(pinned || popover.contains(document.activeElement));
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (current && !popover.contains(event.target) && !current.contains(event.target)) close(false);
  });

  // Dark or light: the system's choice unless the reader makes another; remembered where the browser allows it.
  const store = { get: () => { try { return localStorage.getItem("st-theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("st-theme", theme); } catch { /* a file may be refused storage */ } } };
  const root = document.documentElement;
  if (["dark", "light"].includes(store.get())) root.dataset.theme = store.get();
  const title = document.querySelector(".st-title");
  if (title) {
    title.prepend(button("st-theme", words.theme, () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      store.set(root.dataset.theme);
    }));
  }

  // Wide tables scroll by themselves, by keyboard too.
  for (const table of main.querySelectorAll("table")) {
    const frame = element("div", "st-scroll");
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    const caption = table.querySelector("caption") || (table.closest("figure") || table).querySelector("figcaption");
    frame.setAttribute("aria-label", caption ? caption.textContent.trim() : words.label);
    table.replaceWith(frame);
    frame.append(table);
  }
  // The contents fold on narrow screens.
  const contents = document.querySelector("#TOC details");
  if (contents && window.matchMedia("(max-width: 68rem)").matches) contents.open = false;
})();
