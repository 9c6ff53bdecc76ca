"use strict";

/* The link's secret stands behind the #: posted at once, and gone from the address. Only the page
   that asks for it has the form; the others just clear what is left. A place on the page is no secret. */
const isSecret = (mark) => mark.length > 30;
if (isSecret(location.hash)) {
    const secret = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    const form = document.getElementById("open");
    if (form) {
        form.querySelector("#code").value = secret;
        form.submit();
    }
}

function prepare(part) {
    for (const button of part.querySelectorAll("button.copy")) button.hidden = false;
}
prepare(document);

document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const said = button.textContent;
    button.textContent = (await copied(button.previousElementSibling)) ? button.dataset.done : button.dataset.else;
    setTimeout(() => { button.textContent = said; }, 2000);
});

async function copied(source) {
    if (navigator.clipboard) {
        const isCopied = await navigator.clipboard.writeText(source.textContent).then(() => true, () => false);
        if (isCopied) return true;
    }
    // Plain http has no clipboard: what is marked is copied, and stays marked for the keyboard where that fails.
    getSelection().selectAllChildren(source);
    const isCopied = document.execCommand("copy");
    if (isCopied) getSelection().removeAllRanges();
    return isCopied;
}

/* A form is sent once. */
document.addEventListener("submit", (event) => {
    if ("sent" in event.target.dataset) event.preventDefault();
    event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

/* The places renew themselves, unless somebody types, presses or marks something there, or looks elsewhere. */
const places = document.getElementById("places");
const CONTROLS = "a, button, input, summary";

function hasTyped(part) {
    return [...part.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
}

function isTouched() {
    const isAtIt = places.querySelector("input:focus, :active, .wrong, form[data-sent]") || hasTyped(places);
    return isAtIt || !getSelection().isCollapsed || document.hidden;
}

// A button that copies says for a moment that it did.
const label = (control) => control.dataset.done ?? control.textContent;

// What is unfolded stays so, and the focus where it was: at the control that says the same at the same place.
function replace(words) {
    const unfolded = [...places.querySelectorAll("details[open]")].map((each) => each.id);
    const focused = places.contains(document.activeElement) ? document.activeElement : null;
    const around = focused?.closest("[id]");
    const nth = around && [...around.querySelectorAll(CONTROLS)].indexOf(focused);
    places.innerHTML = words;
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    const again = around && document.getElementById(around.id)?.querySelectorAll(CONTROLS)[nth];
    if (again && label(again) === label(focused)) again.focus({ preventScroll: true });
    prepare(places);
}

/* Step 1 is not renewed, since somebody may be typing there: what EasyEcom said since is loaded anew. */
const step = document.getElementById("step-1");
function isOld() {
    const said = document.getElementById("progress").dataset.logIn;
    return said !== step.dataset.logIn && !hasTyped(step) && !step.contains(document.activeElement);
}

async function renew() {
    if (!isTouched()) {
        const answer = await fetch(places.dataset.url, { credentials: "same-origin" }).catch(() => null);
        if (answer && answer.ok && !isTouched()) {
            replace(await answer.text());
            if (isOld()) location.reload();
        }
        if (answer && !answer.ok) return;
    }
    setTimeout(renew, places.querySelector("[data-moves]") ? 2000 : 5000);
}
if (places && places.querySelector(".place")) setTimeout(renew, 2000);
