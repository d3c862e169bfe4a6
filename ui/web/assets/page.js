// Keyboard, focus and clipboard. What is shown comes from the server; nothing here makes markup.
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const box = () => one("#question textarea, #question input");
  const tab = (name) => one(`#tab-${name}-button`)?.click();

  const fill = (text) => {
    const field = box();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  // On small screens the conversations and the reader lie over the page: "listing", "reading".
  const lay = (name, shown) => document.body.classList.toggle(name, shown);

  const closeSheets = () => {
    const wasReading = document.body.classList.contains("reading");
    lay("listing", false);
    one('#reader .email [data-open="home"]')?.click();
    lay("reading", false);
    if (wasReading) (one(".citation[data-current]") || box())?.focus();
  };

  const walk = (step) => {
    const cited = all("#conversation .citation");
    if (!cited.length) return;
    const at = cited.findIndex((c) => c.hasAttribute("data-current"));
    const start = step > 0 ? 0 : cited.length - 1;
    const next = cited[at < 0 ? start : (at + step + cited.length) % cited.length];
    next.focus();
    next.click();
  };

  const opened = (target) => {
    lay("reading", true);
    if (!target.matches(".citation,.source")) return;
    all("[data-current]").forEach((c) => c.removeAttribute("data-current"));
    all(`[data-open="${CSS.escape(target.dataset.open)}"]`).forEach((c) => c.setAttribute("data-current", ""));
  };

  // A thumb keeps the verdict at once and makes room for a note, kept by pressing it again.
  const rated = (thumb) => {
    const feedback = thumb.closest(".feedback");
    const why = feedback.querySelector(".why");
    feedback.querySelectorAll(".thumb").forEach((t) => t.setAttribute("aria-pressed", String(t === thumb)));
    why.hidden = Boolean(why.querySelector("input").value);
    why.querySelector("input").focus();
  };
  const keepNote = (inside) => inside.closest(".feedback").querySelector('[aria-pressed="true"]')?.click();

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.(
      "[data-open],[data-edit],[data-copy],[data-close],[data-show],[data-ask],[data-rate],[data-note],[data-keep]");
    if (!target) return;
    const { edit, text, copy, show } = target.dataset;
    if ("open" in target.dataset) opened(target);
    if ("text" in target.dataset) fill(edit === "none" ? "" : text);
    if ("close" in target.dataset) closeSheets();
    if ("ask" in target.dataset && !target.closest("#desk")) tab("ask");
    if ("keep" in target.dataset) lay("listing", false);
    if ("rate" in target.dataset) rated(target);
    if ("note" in target.dataset) keepNote(target);
    if (show === "rail") lay("listing", !document.body.classList.contains("listing"));
    if (copy !== undefined) {
      navigator.clipboard?.writeText(copy).then(() => { target.textContent = "copied"; });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return closeSheets();
    if (event.key === "Enter" && event.target.matches?.(".why input")) return keepNote(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input,textarea,select,[contenteditable]")) return;
    if (event.key === "/") { event.preventDefault(); tab("ask"); box()?.focus(); }
    if (event.key === "j") walk(1);
    if (event.key === "k") walk(-1);
  });

  // The months of what the conversation cites, in the timeline.
  const markMonths = () => {
    const cited = new Set(all("#conversation .citation").map((c) => c.dataset.month));
    all("#reader .timeline button").forEach((bar) => {
      const isCited = cited.has(bar.dataset.open.replace("month:", ""));
      bar.classList.toggle("cited", isCited);
      bar.title = bar.title.replace(", cited", "") + (isCited ? ", cited" : "");
      bar.setAttribute("aria-label", bar.title);
    });
  };

  // The cited span into the middle of the reader; the newest exchange into view.
  const settle = () => {
    const reader = one("#reader");
    const talk = one("#conversation");
    if (!reader || !talk) return void setTimeout(settle, 100);
    new MutationObserver(() => {
      markMonths();
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
      markMonths();
      one("#live .failure")?.scrollIntoView({ block: "nearest" });
      const turns = talk.querySelectorAll(".asked");
      const finished = one("#past .turn:last-child");
      if (turns.length === shown && finished === drawn) return;
      shown = turns.length;
      drawn = finished;
      lay("listing", false);
      turns[turns.length - 1]?.scrollIntoView({ block: "start" });
    }).observe(talk, { childList: true, subtree: true });
    talk.addEventListener("toggle", (event) => event.target.scrollIntoView({ block: "nearest" }), true);
  };
  settle();
})();
