/* The chat inside a portal. Everything that is shown is put in as text, never as markup; the token and the
 * conversation live in this page's memory and nowhere else.
 */
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const log = $("log"), box = $("box"), send = $("send"), again = $("again");
  const origins = document.body.dataset.origins.split(" ").filter(Boolean);
  const open = document.body.dataset.open === "yes"; // development mode: nobody is asked who they are
  const WAIT_MS = 4000, TRIES = 3;
  const NO_SIGN_IN = "没有取得门户的登录信息，请刷新门户页面，或重新登录后再试。";
  const BROKEN = "答复没有传完整，请重新提问。";
  let token = "", session = null, running = null, answers = 0;

  class Told extends Error {
    constructor(code, message, request = "") {
      super(message);
      this.code = code;
      this.request = request;
    }
  }

  // --- the portal around us ---------------------------------------------------------------------

  const say = (type, more = {}) => {
    // No secret in it, so it may go to whoever frames us; the policy of this page lets only the portal do so.
    if (parent !== window) parent.postMessage({ type: `policy-assistant:${type}`, ...more }, "*");
  };

  /** A token from the portal. Only its own origins are listened to, and only the window around us. */
  function wantToken(refresh) {
    return new Promise((resolve, reject) => {
      let tries = 0, timer = 0;
      const done = (act) => {
        clearInterval(timer);
        removeEventListener("message", heard);
        act();
      };
      const ask = () => {
        if (tries++ < TRIES) say("token-wanted", { refresh });
        else done(() => reject(new Told("no_sign_in", NO_SIGN_IN)));
      };
      const heard = (event) => {
        if (event.source !== parent || !origins.includes(event.origin)) return;
        const { type, token: held, code } = event.data ?? {};
        const given = type === "policy-assistant:token" ? held : type === "policy-assistant:code" ? code : null;
        if (typeof given !== "string") return;
        const words = given.trim();
        done(() => {
          if (!words) reject(new Told("no_sign_in", NO_SIGN_IN));
          else if (type === "policy-assistant:token") resolve(words);
          else exchange(words, event.origin).then(resolve, reject);
        });
      };
      addEventListener("message", heard);
      timer = setInterval(ask, WAIT_MS);
      ask();
    });
  }

  /** The token for a one-time code, which counts for this portal and the page that gave it alone. */
  async function exchange(code, origin) {
    const portal = new URLSearchParams(location.search).get("portal");
    const response = await fetch("api/v1/embed/token", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code, portal, origin }),
      credentials: "omit", cache: "no-store",
    });
    if (!response.ok) throw new Told("no_sign_in", NO_SIGN_IN);
    return (await response.json()).token;
  }

  // --- the API ----------------------------------------------------------------------------------

  async function post(body, signal) {
    for (const refresh of [false, true]) {
      if (!open && (refresh || !token)) token = await wantToken(refresh);
      const headers = { "Content-Type": "application/json", ...(open ? {} : { Authorization: `Bearer ${token}` }) };
      const response = await fetch("api/v1/ask/stream", {
        method: "POST", headers, body: JSON.stringify(body), signal, credentials: "omit", cache: "no-store",
      });
      if (response.ok) return response;
      if (response.status === 401 && !refresh && !open) continue; // once
      const told = await response.json().catch(() => ({}));
      if (response.status === 401) throw new Told("no_sign_in", "登录信息已失效，请从门户重新打开。");
      throw new Told(told.code ?? "", told.message ?? "服务暂时无法使用，请稍后再试。", told.request_id);
    }
  }

  /** The events of a stream, one by one. */
  async function* events(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", name = "", data = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
        else if (line === "") {
          if (data.length) yield { name, data: JSON.parse(data.join("\n")) };
          name = "";
          data = [];
        }
      }
    }
  }

  // --- showing ----------------------------------------------------------------------------------

  function put(into, name, words, kind) {
    const made = document.createElement(name);
    if (words !== undefined && words !== null) made.textContent = words;
    if (kind) made.className = kind;
    into.append(made);
    return made;
  }

  function status(words, kind = "") {
    $("status").textContent = words;
    $("status").className = kind;
  }

  const titled = (title) => (title.includes("《") ? title : `《${title}》`);
  const place = (c) => `${titled(c.document_title)}${c.address}`;

  /** Where the clause stands in its document: a page of its own, for whoever may open it. */
  function reading(c) {
    const quotes = c.quotes.slice(0, 4).map((words) => `q=${encodeURIComponent([...words].slice(0, 300).join(""))}`);
    const home = c.document_id.split("/").map(encodeURIComponent).join("/");
    const anchor = encodeURIComponent(c.address.replace(/\s+/g, "_"));
    return `read/${home}/${encodeURIComponent(c.address)}${quotes.length ? `?${quotes.join("&")}` : ""}#${anchor}`;
  }

  /** Words with [n] as buttons that lead to the source n. */
  function cited(into, text, citations, id) {
    for (const part of text.split(/(\[\d+\])/)) {
      const found = citations.find((c) => `[${c.number}]` === part);
      if (!found) {
        into.append(part);
        continue;
      }
      const mark = put(into, "button", part, "cite");
      mark.type = "button";
      mark.setAttribute("aria-label", `依据 ${found.number}：${place(found)}`);
      mark.addEventListener("click", () => {
        const card = $(`${id}-${found.number}`);
        card.focus();
        card.scrollIntoView({ block: "nearest" });
      });
    }
  }

  /** Where a quote stands in a text, whatever the spaces and line breaks. */
  function stands(text, quote) {
    const at = [], bare = [];
    let offset = 0;
    for (const char of text) {
      if (!/\s/.test(char)) {
        for (let n = 0; n < char.length; n++) at.push(offset + n);
        bare.push(char);
      }
      offset += char.length;
    }
    const sought = quote.replace(/\s/g, ""), from = sought ? bare.join("").indexOf(sought) : -1;
    return from < 0 ? null : [at[from], at[from + sought.length - 1] + 1];
  }

  function marked(into, text, quotes) {
    let read = 0;
    const spans = quotes.map((quote) => stands(text, quote)).filter(Boolean).sort((a, b) => a[0] - b[0]);
    for (const [start, end] of spans) {
      if (end <= read) continue;
      into.append(text.slice(read, Math.max(read, start)));
      put(into, "mark", text.slice(Math.max(read, start), end));
      read = end;
    }
    into.append(text.slice(read));
  }

  function card(into, c, id) {
    const made = put(into, "section", null, "card");
    made.tabIndex = -1;
    if (id) made.id = `${id}-${c.number}`;
    made.setAttribute("aria-label", `${id ? `依据 ${c.number}` : "相近的条款"}：${place(c)}`);
    put(made, "h3", `${id ? `[${c.number}] ` : ""}${place(c)}`);
    const facts = [c.legal_level, c.status, id ? (c.verified ? "✓ 引文已核对" : "✗ 引文未通过核对") : null];
    put(made, "p", facts.filter(Boolean).join(" · "), "facts");
    for (const quote of c.quotes) put(made, "blockquote", quote);
    const link = put(put(made, "p", null, "facts"), "a", "在原文中打开");
    link.href = reading(c);
    link.target = "_blank";
    link.rel = "noopener";
    link.setAttribute("aria-label", `在原文中打开：${place(c)}（新窗口）`);
    const whole = put(made, "details");
    put(whole, "summary", "条款全文");
    marked(put(whole, "p", null, "clause"), c.clause_text, c.quotes);
  }

  function related(into, policies) {
    if (!policies.length) return;
    const folded = put(into, "details", null, "related");
    put(folded, "summary", `相关政策（${policies.length}）`);
    put(folded, "p", "仅供查阅，不是本答复的依据；本库未收录其原文。", "facts");
    const list = put(folded, "ul");
    for (const p of policies) {
      const facts = [p.document_number, p.issuer, p.status, p.status_detail, `关系：${p.why}`,
        p.official_url && `官方页面：${p.official_url}`, p.note,
        p.unverified.length ? "部分信息未核实" : null];
      put(list, "li", `${titled(p.title)}：${facts.filter(Boolean).join("；")}`);
    }
  }

  const LEADS = {
    possible: "以下条款可能与所问有关，尚未确认，不是答复的依据。",
    not_found: "本库没有载明所问事项。以下是意思最接近的条款，仅供参考，不是答复的依据。",
  };

  function whole(into, answer, renewed) {
    const id = `a${++answers}`;
    into.replaceChildren();
    put(into, "p", answer.outcome_label, `badge ${answer.outcome}`);
    if (answer.follows) put(into, "p", `理解为：${answer.standalone_question}`, "facts");
    cited(put(into, "p", null, "text"), answer.text, answer.citations, id);
    const notices = renewed ? [...answer.notices, "上次会话已过期，本次按新的会话作答。"] : answer.notices;
    for (const notice of notices) put(into, "p", `提示：${notice}`, "notice");
    for (const c of answer.citations) card(into, c, id);
    if (answer.nearest.length) {
      put(into, "p", LEADS[answer.outcome] ?? "以下条款仅供参考，不是答复的依据。", "facts");
      for (const c of answer.nearest) card(into, c, "");
    }
    related(into, answer.related);
    put(into, "p", answer.ai_generated, "facts");
  }

  // --- a question -------------------------------------------------------------------------------

  function busy(now) {
    send.textContent = now ? "停止" : "发送";
    again.disabled = $("clear").disabled = now;
  }

  async function stream(body, said, into, signal) {
    let renewed = false, response;
    try {
      response = await post({ ...body, ...(session && { session_id: session }) }, signal);
    } catch (fault) {
      if (fault.code !== "session_not_found") throw fault;
      session = null;
      renewed = true;
      response = await post(body, signal);
    }
    const text = put(into, "p", "", "text");
    for await (const { name, data } of events(response)) {
      if (name === "sources") status("正在作答……", "busy");
      else if (name === "delta") text.append(data.text);
      else if (name === "error") throw new Told(data.code, data.message, data.request_id);
      else if (name === "done") {
        session = data.session_id;
        if (!data.answer.follows) said.textContent = data.answer.standalone_question; // as it was masked
        whole(into, data.answer, renewed);
        return data.answer;
      }
    }
    throw new Told("broken", BROKEN); // an answer cut off is no answer
  }

  async function ask(question, follows) {
    running = new AbortController();
    busy(true);
    again.hidden = true;
    const said = put(log, "p", question, "mine");
    const into = put(log, "article", null, "answer");
    into.setAttribute("aria-busy", "true");
    status("正在查找条款……", "busy");
    log.scrollTop = log.scrollHeight;
    const body = { question, ...(follows !== undefined && { follows }) };
    try {
      const answer = await stream(body, said, into, running.signal);
      const cited = answer.citations.length ? `引用 ${answer.citations.length} 处条款` : "未引用条款";
      status(`${answer.outcome_label}，${cited}。`);
      if (box.value.trim() === question.trim()) box.value = "";
      offer(answer, question);
    } catch (fault) {
      failed(fault, said, into);
    } finally {
      into.removeAttribute("aria-busy");
      running = null;
      busy(false);
      said.scrollIntoView({ block: "start" });
    }
  }

  function offer(answer, question) {
    if (!answer.follows && !answer.follows_unsure) return;
    again.textContent = answer.follows ? "按新问题重新回答" : "接着上文重新回答";
    again.onclick = () => running || ask(question, !answer.follows);
    again.hidden = false;
  }

  function failed(fault, said, into) {
    const stopped = fault.name === "AbortError";
    const words = stopped ? "已停止，这一问没有答复。" : fault instanceof Told ? fault.message : "连接中断，请检查网络后重新提问。";
    if (fault.code === "no_sign_in") token = "";
    if (fault.code === "secret_in_question") {
      said.textContent = "（含密码等内容，没有提交）";
      box.value = "";
    }
    into.replaceChildren(); // a half answer proves nothing
    put(into, "p", "未能作答", "badge failed");
    put(into, "p", words, "text");
    if (fault.code === "internal_error" && fault.request) put(into, "p", `请求编号：${fault.request}`, "facts");
    status(words, stopped ? "" : "error");
  }

  function go() {
    if (running) {
      running.abort();
      return;
    }
    if (box.value.trim()) ask(box.value);
    else status("请输入您想问的问题。", "error");
  }

  send.addEventListener("click", go);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return; // an input method's
    event.preventDefault();
    if (!running) go();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229) say("close");
  });
  $("clear").addEventListener("click", () => {
    session = null;
    again.hidden = true;
    log.replaceChildren();
    status("对话已清空。");
    box.focus();
  });
  addEventListener("pagehide", () => running?.abort());

  async function begin() {
    try {
      if (!open) token = await wantToken(false);
      status("可以提问了。");
    } catch (fault) {
      status(fault.message, "error");
    }
  }
  begin();
})();
