"""What every panel is wired with: HTML whose clicks are events, and quiet private events."""

from collections.abc import Callable, Sequence

import gradio as gr

from ui.web.told import told

#: Events running at the same time: as many as may stand in the line of a language model
#: (`rag.line`), where they see their place; more wait in gradio's queue.
CONCURRENT = 128

#: What a Python handler gives back: new values by component.
Update = dict[gr.blocks.Block, object]

#: Clicks inside shown HTML become events of the component; the key is all that travels.
_ON_LOAD = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-open],[data-ask],[data-rate],[data-edit],[data-keep]');
  if (!button || !element.contains(button)) return;
  const {open, ask, rate, edit, keep} = button.dataset;
  if (rate !== undefined) {
    const note = button.closest('.feedback').querySelector('input').value;
    return void trigger('like', {key: rate, note});
  }
  if (open !== undefined) return void trigger('select', {key: open});
  if (edit !== undefined) return void trigger('edit', {key: edit});
  if (keep !== undefined) return void trigger('apply', {key: keep});
  trigger('submit', {key: ask});
});
"""


def shown(value: str, elem_id: str) -> gr.HTML:
    """HTML made by `ui.html` and its kin: `data-open` selects, `data-ask` submits, `data-edit`
    edits, `data-rate` likes, `data-keep` applies; handlers read the key with `key_of`.
    """
    return gr.HTML(value, elem_id=elem_id, js_on_load=_ON_LOAD, apply_default_css=False)


def key_of(event: gr.EventData) -> str:
    """Which button was clicked; empty for an event that names none."""
    return str(getattr(event, "key", ""))


def forget_remade(page: gr.Blocks, tab: str) -> None:
    """Drop what gradio 6.31 keeps, for as long as the session, of components it made anew.

    It makes each anew, under another id, that a handler leaves out of what it gives back, and keeps
    it once a value arrives for it: 25 kB for each question.
    """
    session = page.state_holder.session_data.get(tab)
    for kept in (session.config_values, session.blocks_config.blocks) if session else ():
        for remade in kept.keys() - page.default_config.blocks.keys():
            del kept[remade]


def on(
    triggers: Sequence[object],
    answer: Callable[..., object] | None,
    inputs: Sequence[object] = (),
    outputs: Sequence[object] = (),
    *,
    js: str | None = None,
) -> gr.events.Dependency:
    """Call `answer` on each trigger, without gradio's spinner and out of its public API."""
    wired: gr.events.Dependency = gr.on(
        list(triggers),
        told(answer) if answer else None,
        list(inputs),
        list(outputs),
        js=js,
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=CONCURRENT,
    )
    return wired


def then(
    after: gr.events.Dependency,
    answer: Callable[..., object],
    inputs: Sequence[object],
    outputs: Sequence[object],
) -> gr.events.Dependency:
    """Call `answer` once `after` is through, as quietly as `on`."""
    wired: gr.events.Dependency = after.then(
        told(answer), list(inputs), list(outputs), show_progress="hidden", api_visibility="private"
    )
    return wired
