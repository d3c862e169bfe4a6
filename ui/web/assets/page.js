// Keyboard, focus and clipboard. What is shown comes from the server; nothing here makes markup.
(() => {
  const one = (selector) => document.querySelector(selector);
  const box = () => one("#question textarea, #question input");

  const fill = (text) => {
    const field = box();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  const closeReader = () => {
    const wasOpen = document.body.classList.contains("reading");
    document.body.classList.remove("reading");
    one('#reader .email [data-open="home"]')?.click();
    document.body.classList.remove("reading");
    if (!wasOpen) return;
    (document.querySelector(".citation[data-current]") || box())?.focus();
  };

  const walk = (step) => {
    const all = [...document.querySelectorAll("#conversation .citation")];
    if (!all.length) return;
    const at = all.findIndex((c) => c.hasAttribute("data-current"));
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length];
    next.focus();
    next.click();
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-open],[data-edit],[data-copy],[data-close]");
    if (!target) return;
    const { open, edit, copy, close } = target.dataset;
    if (open !== undefined) {
      document.body.classList.add("reading");
      if (target.matches(".citation,.source")) {
        document.querySelectorAll("[data-current]").forEach((c) => c.removeAttribute("data-current"));
        document.querySelectorAll(`[data-open="${CSS.escape(open)}"]`).forEach((c) => c.setAttribute("data-current", ""));
      }
    }
    if (edit !== undefined) fill(edit);
    if (close !== undefined) closeReader();
    if (copy !== undefined) {
      navigator.clipboard?.writeText(copy).then(() => { target.textContent = "copied"; });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return closeReader();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input,textarea,select,[contenteditable]")) return;
    if (event.key === "/") { event.preventDefault(); box()?.focus(); }
    if (event.key === "j") walk(1);
    if (event.key === "k") walk(-1);
  });

  // The cited span into the middle of the reader; the newest exchange into view.
  const settle = () => {
    const reader = one("#reader");
    const talk = one("#conversation");
    if (!reader || !talk) return void setTimeout(settle, 100);
    new MutationObserver(() => {
      const mark = reader.querySelector("mark");
      const scroller = one("#reading");
      if (!mark) { scroller.scrollTop = 0; return; }
      const delta = mark.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
      scroller.scrollTop += delta - scroller.clientHeight / 3;
    }).observe(reader, { childList: true, subtree: true });
    // Redrawing the finished answers throws the place away: go to the newest question again.
    let shown = 0;
    let drawn = null;
    new MutationObserver(() => {
      one("#live .failure")?.scrollIntoView({ block: "nearest" });
      const turns = talk.querySelectorAll(".asked");
      const finished = one("#past .turn:last-child");
      if (turns.length === shown && finished === drawn) return;
      shown = turns.length;
      drawn = finished;
      turns[turns.length - 1]?.scrollIntoView({ block: "start" });
    }).observe(talk, { childList: true, subtree: true });
    talk.addEventListener("toggle", (event) => event.target.scrollIntoView({ block: "nearest" }), true);
  };
  settle();
})();
