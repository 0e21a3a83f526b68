/* The assistant on a page of a portal: a button that opens it, in a shadow tree that the page's styles do not reach.
 *
 *   PolicyAssistant.mount({ portal: "编号", tokenProvider: async () => "令牌" })      a token that the portal signed
 *   PolicyAssistant.mount({ portal: "编号", codeProvider: async () => "换取码" })     a code that the frame exchanges
 *
 * The chat itself is a frame of the assistant's own origin. The token lives in memory only, here for no longer than
 * it takes to hand it over; messages count only from that frame and that origin. No cookie, no storage, no dependency.
 */
(() => {
  "use strict";
  const home = new URL(".", document.currentScript.src);
  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; }
    .corner { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; }
    button { font-size: 16px; line-height: 1.4; cursor: pointer; color: #fff; background: #0b5471; border: 0; }
    button:focus-visible { outline: 3px solid #f2b705; outline-offset: 2px; }
    .open { padding: 12px 18px; border-radius: 24px; box-shadow: 0 2px 10px #0005; }
    .panel { position: fixed; right: 20px; bottom: 84px; z-index: 2147483000; width: min(420px, calc(100vw - 24px));
      height: min(660px, calc(100vh - 110px)); display: flex; flex-direction: column; background: #fff; overflow: hidden;
      border: 1px solid #4b5a69; border-radius: 12px; box-shadow: 0 6px 28px #0006; }
    .inside .panel { position: static; width: 100%; height: 100%; box-shadow: none; }
    .panel[hidden] { display: none; }
    .bar { display: flex; justify-content: space-between; align-items: center; background: #0b5471; color: #fff;
      padding: 4px 4px 4px 14px; font-size: 16px; }
    .bar button { padding: 8px 12px; border-radius: 8px; }
    iframe { flex: 1; width: 100%; border: 0; }
    @media (max-width: 480px) { .corner .panel { inset: 8px 8px 72px 8px; width: auto; height: auto; } }`;

  function element(name, attributes, text) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  }

  /** Answers the frame: gives it tokens or codes when it asks, and closes when it says so. Returns what ends that. */
  function talk(frame, kind, provide, close) {
    async function heard(event) {
      if (event.origin !== home.origin || event.source !== frame.contentWindow || !event.data) return;
      const send = (message) => event.source.postMessage(message, home.origin);
      if (event.data.type === "policy-assistant:close") close();
      if (event.data.type !== "policy-assistant:token-wanted") return;
      try {
        send({ type: `policy-assistant:${kind}`, [kind]: String(await provide({ refresh: event.data.refresh === true })) });
      } catch {
        send({ type: `policy-assistant:${kind}`, [kind]: "" }); // the frame says that there is no sign-in
      }
    }
    addEventListener("message", heard);
    return () => removeEventListener("message", heard);
  }

  /** Put the assistant on the page: in the corner, or inside `target`. */
  function mount({ portal, tokenProvider, codeProvider, target = null, label = "政策咨询" }) {
    const provide = tokenProvider ?? codeProvider, kind = tokenProvider ? "token" : "code";
    if (typeof portal !== "string" || typeof provide !== "function") {
      throw new TypeError("PolicyAssistant.mount: portal (string) and tokenProvider or codeProvider (function) are needed");
    }
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet(); // no <style>: it works under a policy that forbids inline styles
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const outer = element("div", { class: target ? "inside" : "corner" });
    const panel = element("div", { class: "panel", role: "region", "aria-label": label, id: "panel", hidden: "" });
    const button = element("button", { type: "button", class: "open", "aria-expanded": "false", "aria-controls": "panel" }, label);
    let frame = null, hush = () => {};

    function close() {
      panel.hidden = true;
      button.setAttribute("aria-expanded", "false");
      button.focus();
    }
    function open() {
      if (!frame) {
        frame = element("iframe", {
          title: label, referrerpolicy: "no-referrer", sandbox: "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox", allow: "",
        });
        hush = talk(frame, kind, provide, target ? () => {} : close);
        frame.src = new URL(`embed?portal=${encodeURIComponent(portal)}`, home).href;
        panel.append(frame);
      }
      panel.hidden = false;
      button.setAttribute("aria-expanded", "true");
      if (!target) frame.focus();
    }
    if (target) {
      host.style.height = "100%";
      outer.style.height = "100%";
      outer.append(panel);
    } else {
      const bar = element("div", { class: "bar" }, label);
      const shut = element("button", { type: "button", "aria-label": "关闭" }, "×");
      shut.addEventListener("click", close);
      bar.append(shut);
      panel.append(bar);
      panel.addEventListener("keydown", (event) => event.key === "Escape" && close());
      button.addEventListener("click", () => (panel.hidden ? open() : close()));
      outer.append(button, panel);
    }
    root.append(outer);
    (target || document.body).append(host);
    if (target) open();
    return Object.freeze({
      open, close,
      destroy() {
        hush();
        host.remove();
      },
    });
  }

  Object.defineProperty(globalThis, "PolicyAssistant", { value: Object.freeze({ mount }) });
})();
