() => {
  // Gradio's shell says lang="en"; a screen reader would read Chinese with an English voice.
  document.documentElement.lang = "zh-CN";
  const set = (selector, attributes) => {
    const element = document.querySelector(selector);
    if (!element) return;
    for (const [name, value] of Object.entries(attributes))
      if (element.getAttribute(name) !== value) element.setAttribute(name, value); // else the observer below never rests
  };
  set("#pz-status", { role: "status", "aria-live": "polite" });
  set("#pz-cards", { role: "region", "aria-label": "条款依据" });
  set("#pz-review", { role: "region", "aria-label": "核对结果", "aria-live": "polite" });
  set("#pz-box textarea", { "aria-label": "请输入问题" });

  // Gradio labels each message with its Markdown source, which would be read out instead of the words shown.
  const chat = document.querySelector("#pz-chat");
  const relabel = () => {
    set("#pz-chat [role=log]", { "aria-label": "对话" });
    for (const said of chat.querySelectorAll("[data-testid=user][aria-label], [data-testid=bot][aria-label]"))
      said.removeAttribute("aria-label");
  };
  if (chat) {
    relabel();
    new MutationObserver(relabel).observe(chat, { childList: true, subtree: true, attributeFilter: ["aria-label"] });
  }
}
