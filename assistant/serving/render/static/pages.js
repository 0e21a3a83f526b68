/* What the pages do beyond links and forms; without it they work too. Nothing is put in as markup. */
(() => {
  "use strict";
  // The clause that was asked for, where the address has no place of its own.
  const here = document.querySelector(".here");
  if (here && !location.hash) here.scrollIntoView({ block: "center" });

  // On a narrow window the contents stand above the text and would hide it.
  if (matchMedia("(max-width: 760px)").matches)
    for (const folded of document.querySelectorAll(".contents details")) folded.open = false;
  const current = document.querySelector(".contents [aria-current]");
  const contents = document.querySelector(".contents");
  if (current && contents) contents.scrollTop = current.offsetTop - contents.clientHeight / 3;

  for (const button of document.querySelectorAll("[data-copy]"))
    button.addEventListener("click", async () => {
      const words = button.dataset.copy;
      try {
        await navigator.clipboard.writeText(words);
        button.textContent = "已复制";
      } catch {
        button.textContent = words; // to be marked and copied by hand
      }
    });

  // Work that goes on beside the page: look again until it has ended.
  const going = document.querySelector("[data-going]");
  if (going) setTimeout(() => location.reload(), 1500);

  // "/" leads to the field for searching, as in a book's index.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.matches("input, select, textarea")) return;
    const find = document.querySelector("[data-find]");
    if (!find) return;
    event.preventDefault();
    find.focus();
  });

  // Files dropped on a form of uploads, and how far each has come; without this the form sends them all at once.
  for (const form of document.querySelectorAll("[data-upload]")) uploading(form);

  function uploading(form) {
    const input = form.querySelector("input[type=file]");
    const area = form.querySelector(".drop");
    const list = form.querySelector(".progress");
    for (const kind of ["dragover", "dragleave", "drop"])
      area.addEventListener(kind, (event) => {
        event.preventDefault();
        area.classList.toggle("over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
      });
    form.addEventListener("submit", async (event) => {
      const files = [...input.files];
      if (!files.length) return;
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      list.hidden = false;
      list.replaceChildren();
      let failed = 0;
      for (const file of files) failed += (await sent(form, file, list)) ? 0 : 1;
      button.disabled = false;
      if (!failed) location.assign(form.dataset.upload + "?done=uploaded");
    });
  }

  function sent(form, file, list) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    name.textContent = file.name;
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    row.append(name, bar);
    list.append(row);
    const body = new FormData(form);
    body.delete("file");
    body.append("file", file);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      const end = (words, good) => {
        name.textContent = `${file.name}：${words}`;
        if (good) bar.value = 100;
        done(good);
      };
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      });
      request.addEventListener("load", () =>
        request.status < 300 ? end("已上传", true) : end(request.status === 413 ? "文件过大，没有上传" : "没有上传，请重试", false),
      );
      request.addEventListener("error", () => end("连接中断，没有上传，请重试", false));
      request.open("POST", form.dataset.upload);
      request.setRequestHeader("Accept", "text/html");
      request.send(body);
    });
  }
})();
