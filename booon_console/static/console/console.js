/* What moves by itself rests while nobody looks, or while somebody reads what it unfolded. */
document.addEventListener("htmx:beforeRequest", (event) => {
    const asked = event.detail.requestConfig.triggeringEvent;
    const isByItself = !asked || asked.type === "load";
    if (isByItself && (document.hidden || event.detail.target.querySelector("details[open]"))) {
        event.preventDefault();
    }
});

/* What was renewed keeps what somebody is at: what they typed or unfolded, and where the focus is. */
function isTouched(part) {
    const fields = [...part.querySelectorAll("input:not([type=hidden]), textarea")];
    return part.querySelector("details[open]:not([data-given])") !== null
        || fields.some((field) => field.value !== field.defaultValue);
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (isTouched(event.detail.target)) {
        event.detail.shouldSwap = false;
    }
});

let focused = "";
document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, pathInfo } = event.detail;
    // Led elsewhere: to the log-in, since the session has ended.
    if (xhr.responseURL && new URL(xhr.responseURL).pathname !== new URL(pathInfo.requestPath, location).pathname) {
        event.detail.shouldSwap = false;
        location.reload();
        return;
    }
    focused = target.contains(document.activeElement) ? target.id : "";
});
// Not once it has settled: another part's renewal may come between.
document.addEventListener("htmx:afterSwap", () => {
    // A button that is gone leaves the focus at what it was part of.
    if (focused && document.activeElement === document.body) {
        document.getElementById(focused)?.focus({ preventScroll: true });
    }
    focused = "";
});

/* A form is sent once: a second click finds it on its way. */
const SENT = "is-sent";
const BUTTONS = "button:not([type=button]), input[type=submit]";

function rest(form) {
    for (const button of form.querySelectorAll(BUTTONS)) {
        button.classList.add(SENT);
        button.setAttribute("aria-disabled", "true");
    }
    const pressed = form.querySelector(`[data-pressed]`);
    const words = pressed?.tagName === "INPUT" ? "value" : "textContent";
    if (pressed) {
        pressed.dataset.said = pressed[words];
        pressed[words] = "Sent, waiting…";
    }
}

function wake(form) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(BUTTONS)) {
        button.classList.remove(SENT);
        button.removeAttribute("aria-disabled");
        if ("said" in button.dataset) {
            button[button.tagName === "INPUT" ? "value" : "textContent"] = button.dataset.said;
            delete button.dataset.said;
            delete button.dataset.pressed;
        }
    }
}

document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") {
        return;
    }
    if ("sent" in form.dataset) {
        event.preventDefault();
        return;
    }
    form.dataset.sent = "yes";
    if (event.submitter) {
        event.submitter.dataset.pressed = "yes";
    }
    // Later: the browser has yet to read which button was pressed, and what it says.
    setTimeout(rest, 0, form);
    // What is downloaded leaves the page as it is.
    if (form.hasAttribute("data-download")) {
        setTimeout(wake, 3000, form);
    }
});

/* The browser's Back shows the page as it was left. */
window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
        document.querySelectorAll("form[data-sent]").forEach(wake);
    }
});

/* What is suggested for, or is likely to be wrong, is typed over: entered, its text is selected. */
const TYPED_OVER = "input[list], .likely input";

function selectWhole(field) {
    if (field?.matches(TYPED_OVER)) {
        field.select();
    }
}

document.addEventListener("focusin", (event) => selectWhole(event.target));
// The browser may have put the focus there before this script came.
selectWhole(document.activeElement);

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

function search(id) {
    const bar = document.getElementById(id);
    bar?.focus();
    bar?.select();
}

document.addEventListener("keydown", (event) => {
    const dialog = document.getElementById("keys");
    if (!dialog || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
        return;
    }
    const acts = {
        "/": () => search("find"),
        f: () => search("searchbar"),
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
/* What scrolls can be reached and scrolled with the keys. */
for (const box of document.querySelectorAll(".scroll, .results, pre")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
        box.tabIndex = 0;
    }
}

/* On a phone a list's row is a card, whose cells say what they are; those without anything are left out.
   A state in words says itself what it is; "issued" or "may help" does not. */
const STATES = ["Stage", "State", "Status", "Standing", "Outcome", "Live", "Told"];
const list = document.getElementById("result_list");
if (list) {
    const names = [...list.tHead.rows[0].cells].map((heading) => heading.textContent.trim());
    list.classList.add("cards");
    for (const row of list.tBodies[0].rows) {
        for (const [place, cell] of [...row.cells].entries()) {
            const isEmpty = ["", "-", "—"].includes(cell.textContent.trim()) && !cell.querySelector("img, progress, input");
            const isState = STATES.includes(names[place]) && cell.querySelector(".badge");
            cell.dataset[isEmpty ? "empty" : isState ? "state" : "label"] = names[place];
        }
    }
}
