"use strict";

// Buttons that only a script can serve: hidden where there is none.
document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("button.copy, button.print")) button.hidden = false;
});

document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy, button.print");
    if (!button) return;
    if (button.classList.contains("print")) {
        window.print();
        return;
    }
    const said = button.textContent;
    button.textContent = (await copied(button.previousElementSibling)) ? "Copied" : "Marked: press Ctrl+C";
    setTimeout(() => { button.textContent = said; }, 2000);
});

// What stands in focus is marked whole: one act copies it.
function mark(code) {
    if (code?.matches("code[tabindex]")) getSelection().selectAllChildren(code);
}
document.addEventListener("focusin", (event) => mark(event.target));
// The browser may have put the focus there before this script came.
mark(document.activeElement);

// Marked as well, so that the keyboard can do it where the clipboard is closed to us (plain http).
async function copied(source) {
    getSelection().selectAllChildren(source);
    if (!navigator.clipboard) return document.execCommand("copy");
    return navigator.clipboard.writeText(source.textContent).then(() => true, () => false);
}
