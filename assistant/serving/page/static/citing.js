() => {
  // The quote behind a mark [n], beside the mark that is pointed at or reached by keyboard. All words are put in as text.
  const MARK = /^\[\d{1,4}\]$/;
  const LONGEST = 300; // characters of a quote in an address; one that long was cut
  const tip = document.createElement("div");
  tip.id = "pz-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let shown = null;
  let leaving = 0;

  const MARK_AT_START = /^\[\d{1,4}\]\s*/;

  const markOf = (target) => {
    const link = target instanceof Element ? target.closest("#pz-chat a[href]") : null;
    return link && MARK.test(link.textContent.trim()) ? link : null;
  };
  const line = (name, words) => {
    const one = document.createElement("p");
    one.className = name;
    one.textContent = words;
    return one;
  };
  // The line of the sources that names the clause of this mark, without its number.
  const sourceOf = (link) => {
    const said = link.closest("[data-testid=bot]");
    const lines = said ? [...said.querySelectorAll(".pz-source")] : [];
    const own = lines.find((one) => one.querySelector("a[href]")?.textContent.trim() === link.textContent.trim());
    return own ? own.textContent.trim().replace(MARK_AT_START, "") : "";
  };
  const fill = (link) => {
    const quotes = new URL(link.href).searchParams.getAll("q");
    const cut = (words) => (words.length >= LONGEST ? `${words}……` : words);
    const parts = quotes.map((words) => line("pz-tip-quote", `“${cut(words)}”`));
    const source = sourceOf(link);
    if (source) parts.push(line("pz-tip-source", source));
    parts.push(line("pz-tip-hint", "点击标号，在原文中打开这一条。"));
    tip.replaceChildren(...parts);
  };
  const place = (link) => {
    const at = link.getBoundingClientRect();
    const room = document.documentElement;
    const left = Math.max(8, Math.min(at.left, room.clientWidth - tip.offsetWidth - 8));
    const below = at.bottom + 6;
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${below + tip.offsetHeight > room.clientHeight && above > 0 ? above : below}px`;
  };
  const hide = () => {
    clearTimeout(leaving);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const show = (link) => {
    clearTimeout(leaving);
    if (shown === link) return;
    hide();
    fill(link);
    shown = link;
    tip.hidden = false;
    link.setAttribute("aria-describedby", "pz-tip");
    place(link);
  };
  // The pointer may go from the mark into the quote.
  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(hide, 200);
  };
  document.addEventListener("mouseover", (event) => {
    const link = markOf(event.target);
    if (link) show(link);
    else if (tip.contains(event.target)) clearTimeout(leaving);
    else if (shown && shown !== document.activeElement) leave();
  });
  document.addEventListener("focusin", (event) => {
    const link = markOf(event.target);
    if (link) show(link);
    else hide();
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown) hide();
  });
  // A mark that is reached by keyboard is scrolled into view just then: the quote goes with it, as long as it is seen.
  const follow = () => {
    if (!shown) return;
    const at = shown.getBoundingClientRect();
    if (at.bottom < 0 || at.top > document.documentElement.clientHeight || !shown.isConnected) hide();
    else place(shown);
  };
  document.addEventListener("scroll", follow, true);
  window.addEventListener("resize", follow);

  // 复制出处: how a clause is named in writing. Away from https a page has no clipboard; then it is copied from a field.
  const told = document.createElement("p");
  told.className = "pz-told";
  told.setAttribute("role", "status");
  document.body.append(told);
  const copy = async (words) => {
    try {
      await navigator.clipboard.writeText(words);
      return true;
    } catch {
      const field = document.createElement("textarea");
      const before = document.activeElement;
      field.className = "pz-told";
      field.value = words;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      before?.focus();
      return done;
    }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest(".pz-copy") : null;
    if (!button) return;
    const done = await copy(button.dataset.copy);
    button.textContent = done ? "已复制" : "没有复制成，请选中文字复制";
    told.textContent = done ? `已复制：${button.dataset.copy}` : "没有复制成，请选中文字复制。";
    setTimeout(() => { button.textContent = "复制出处"; }, 2500);
  });
}
