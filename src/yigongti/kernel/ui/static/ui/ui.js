// Small comforts on pages that already work without them: the menu on a phone, messages that close, files dropped, charts.
(() => {
  "use strict";

  const menu = document.getElementById("menu");
  const opener = document.querySelector("[data-menu-open]");
  if (menu && opener) {
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-expanded", "false");
    opener.setAttribute("aria-controls", "menu");
    const show = (open) => {
      menu.classList.toggle("is-open", open);
      opener.setAttribute("aria-expanded", String(open));
      (open ? menu.querySelector("ul a") : opener)?.focus();
    };
    opener.addEventListener("click", (event) => { event.preventDefault(); show(!menu.classList.contains("is-open")); });
    opener.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); opener.click(); } });
    menu.querySelector("[data-menu-close]")?.addEventListener("click", (event) => { event.preventDefault(); show(false); });
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape" && menu.classList.contains("is-open")) show(false); });
  }

  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("li, .alert").remove();
    const print = event.target.closest("[data-print]");
    if (print) window.print();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll("details.menu[open]")) { open.open = false; open.querySelector("summary").focus(); }
  });

  const enhance = (root) => {
    for (const button of root.querySelectorAll("[data-dismiss][hidden], [data-print][hidden]")) button.hidden = false;
    for (const drop of root.querySelectorAll(".upload")) prepareDrop(drop);
    for (const select of root.querySelectorAll("form.filters select")) {
      select.addEventListener("change", () => select.form.requestSubmit());
    }
    // A form sent twice by an impatient double click would be two of everything.
    for (const form of root.querySelectorAll("form[method=post]")) {
      form.addEventListener("submit", (event) => {
        if (form.dataset.sent) { event.preventDefault(); return; }
        form.dataset.sent = "1";
        setTimeout(() => { delete form.dataset.sent; }, 8000);
      });
    }
  };

  function prepareDrop(drop) {
    const input = drop.querySelector("input[type=file]");
    const chosen = drop.querySelector(".upload__chosen");
    if (!input || drop.dataset.ready) return;
    drop.dataset.ready = "1";
    const show = () => { if (chosen) chosen.textContent = [...input.files].map((file) => file.name).join("、"); };
    input.addEventListener("change", show);
    for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
    });
  }

  // A part of the page that looks after itself (the bell): asked for again while somebody can see it.
  const poll = (part) => {
    setTimeout(async () => {
      let next = part;
      if (!document.hidden) {
        try {
          const answer = await fetch(part.dataset.poll, { headers: { "X-Background": "1" }, redirect: "error" });
          if (answer.ok) {
            const holder = document.createElement("template");
            holder.innerHTML = await answer.text();
            const fresh = holder.content.querySelector("[data-poll]");
            if (fresh && fresh.textContent.trim() !== part.textContent.trim()) { part.replaceWith(fresh); next = fresh; }
          }
        } catch { /* no connection now: asked again */ }
      }
      poll(next);
    }, Number(part.dataset.every) * 1000);
  };
  for (const part of document.querySelectorAll("[data-poll]")) poll(part);

  // Focus makes a screen reader say at once what came of the last step.
  (document.querySelector(".errors[data-focus]") ?? document.querySelector("[data-focus]"))?.focus();
  enhance(document);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) enhance(event.target); });
})();
