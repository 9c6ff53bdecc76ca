/* What moves by itself rests while nobody looks, or while somebody reads what it unfolded. */
document.addEventListener("htmx:beforeRequest", (event) => {
    const asked = event.detail.requestConfig.triggeringEvent;
    const isByItself = !asked || asked.type === "load";
    if (isByItself && (document.hidden || event.detail.target.querySelector("details[open]"))) {
        event.preventDefault();
    }
});

/* Keys: what they do is told by the dialog that `?` opens. */
const ROWS = "#result_list tbody tr, .needs li, .stages li, .timeline li";

function isTyping(target) {
    return target.isContentEditable || target.closest("input, textarea, select, dialog");
}

function move(step) {
    const links = [...document.querySelectorAll(ROWS)].map((row) => row.querySelector("a")).filter(Boolean);
    const row = document.activeElement.closest(ROWS);
    const here = links.findIndex((link) => row && row.contains(link));
    const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step;
    links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}

function search(dialog) {
    const bar = document.getElementById("searchbar");
    if (bar) {
        bar.focus();
        bar.select();
    } else {
        location.assign(dialog.dataset.search);
    }
}

document.addEventListener("keydown", (event) => {
    const dialog = document.getElementById("keys");
    if (!dialog || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
        return;
    }
    const acts = {
        "/": () => search(dialog),
        "?": () => dialog.showModal(),
        h: () => location.assign(dialog.dataset.home),
        j: () => move(1),
        k: () => move(-1),
    };
    if (event.key in acts) {
        event.preventDefault();
        acts[event.key]();
    }
});

document.getElementById("open-keys")?.addEventListener("click", () => {
    document.getElementById("keys").showModal();
});
if (location.hash === "#searchbar") {
    document.getElementById("searchbar")?.focus();
}

/* What scrolls can be reached and scrolled with the keys. */
for (const box of document.querySelectorAll(".scroll, .results, pre")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
        box.tabIndex = 0;
    }
}
