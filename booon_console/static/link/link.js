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

// Marked as well, so that the keyboard can do it where the clipboard is closed to us (plain http).
async function copied(source) {
    getSelection().selectAllChildren(source);
    if (!navigator.clipboard) return document.execCommand("copy");
    return navigator.clipboard.writeText(source.textContent).then(() => true, () => false);
}

/* A form is sent once. */
document.addEventListener("submit", (event) => {
    if ("sent" in event.target.dataset) event.preventDefault();
    event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

/* The places renew themselves, unless somebody is at something there or looks elsewhere. */
const places = document.getElementById("places");

function isTouched() {
    const isAtIt = places.contains(document.activeElement) || places.querySelector("details[open], form[data-sent]");
    return isAtIt || !getSelection().isCollapsed || document.hidden;
}

/* Step 1 is not renewed, since somebody may be typing there: what EasyEcom said since is loaded anew. */
const step = document.getElementById("step-1");
function isOld() {
    const isTyped = [...step.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
    const said = document.getElementById("progress").dataset.logIn;
    return said !== step.dataset.logIn && !isTyped && !step.contains(document.activeElement);
}

async function renew() {
    if (!isTouched()) {
        const answer = await fetch(places.dataset.url, { credentials: "same-origin" }).catch(() => null);
        if (answer && answer.ok && !isTouched()) {
            places.innerHTML = await answer.text();
            prepare(places);
            if (isOld()) location.reload();
        }
        if (answer && !answer.ok) return;
    }
    setTimeout(renew, places.querySelector("[data-moves]") ? 2000 : 5000);
}
if (places && places.querySelector(".place")) setTimeout(renew, 2000);
