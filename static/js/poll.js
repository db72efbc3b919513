// Regions that follow unfinished work: `<div data-poll="address of the fragment">`. The answer replaces the region; when it has
// no `data-poll` any more, all is done. Every 3 s while the tab is seen, from two minutes on ever slower, up to 60 s.

const FIRST = 3000;
const LAST = 60000;
const PATIENCE = 120000;

function follow(region) {
  let wait = FIRST;
  let timer = 0;
  const started = Date.now();

  async function ask() {
    clearTimeout(timer);
    if (!region.isConnected || document.hidden) return;
    try {
      const answer = await fetch(region.dataset.poll, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok) {
        const fragment = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
        if (fragment && fragment.outerHTML !== region.outerHTML) return swap(fragment);
      } else if (answer.status === 404 || answer.status === 403) {
        return; // signed out or gone: asking again would not help
      }
    } catch {
      // The server is away for a moment; the next round will tell.
    }
    if (Date.now() - started > PATIENCE) wait = Math.min(wait * 2, LAST);
    timer = setTimeout(ask, wait);
  }

  function swap(fragment) {
    document.removeEventListener("visibilitychange", ask);
    const fresh = document.importNode(fragment, true);
    region.replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent("covdash:swapped", { bubbles: true }));
    if (fresh.dataset.poll) follow(fresh);
  }

  document.addEventListener("visibilitychange", ask);
  timer = setTimeout(ask, wait);
}

for (const region of document.querySelectorAll("[data-poll]")) follow(region);
