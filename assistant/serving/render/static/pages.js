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
})();
