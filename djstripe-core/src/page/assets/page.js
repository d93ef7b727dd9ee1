// Refreshes the page's content while somebody looks at it, and copies texts. The page works without.

const main = () => document.getElementById("main");
const seconds = () => Number(main()?.dataset.refresh ?? 0);
const status = document.getElementById("refresh");
let stopped = false;
let timer;

// Somebody who types, selects or has opened something must not lose it.
const isInUse = () => {
  const active = document.activeElement;
  return (
    (active && main().contains(active) && active !== main()) ||
    main().querySelector("input[type=checkbox]:checked") !== null ||
    !getSelection().isCollapsed
  );
};

const say = (text) => {
  if (status) status.textContent = text;
};

// Browsers let pages copy only over TLS and on this machine.
const offerToCopy = () => {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = !navigator.clipboard;
  }
};

async function refresh() {
  if (document.hidden || stopped) return;
  if (!isInUse()) {
    try {
      const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = next.getElementById("main");
      if (fresh && !isInUse()) {
        const opened = [...main().querySelectorAll("details")].map((it) => it.open);
        [...fresh.querySelectorAll("details")].forEach((it, index) => {
          if (index in opened) it.open = opened[index];
        });
        main().replaceWith(fresh);
        offerToCopy();
        say(`Refreshed at ${new Date().toLocaleTimeString()}`);
      }
    } catch {
      say("Could not refresh; trying again");
    }
  }
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (seconds() > 0 && !document.hidden && !stopped) timer = setTimeout(refresh, seconds() * 1000);
}

document.addEventListener("visibilitychange", () => (document.hidden || seconds() === 0 ? clearTimeout(timer) : refresh()));

const toggle = document.getElementById("pause-refresh");
if (toggle && seconds() > 0) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    stopped = !stopped;
    toggle.setAttribute("aria-pressed", String(stopped));
    say(stopped ? "Not refreshing" : "");
    schedule();
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  try {
    const answer = await fetch(button.dataset.copy, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    await navigator.clipboard.writeText(await answer.text());
    say("Copied");
  } catch {
    say("Could not copy");
  }
});

offerToCopy();
schedule();
