"use strict";

/* The one search box: Ctrl-K or `/` leads to it from everywhere, the arrows through what it shows. */
(() => {
    const form = document.getElementById("finder");
    if (!form) {
        return;
    }
    const box = document.getElementById("find");
    const found = document.getElementById("found");
    const links = () => [...found.querySelectorAll("a")];

    function close() {
        found.replaceChildren();
    }

    function walk(step) {
        const all = links();
        const here = all.indexOf(document.activeElement) + step;
        (here < 0 ? box : all[Math.min(here, all.length - 1)] ?? box).focus();
    }

    document.addEventListener("keydown", (event) => {
        if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
            event.preventDefault();
            box.focus();
            box.select();
        }
    });

    form.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            walk(event.key === "ArrowDown" ? 1 : -1);
        } else if (event.key === "Escape") {
            event.preventDefault();
            // Once more, and the keys of the page are the page's again.
            const leave = document.activeElement === box && !found.hasChildNodes();
            close();
            leave ? box.blur() : box.focus();
        }
    });

    document.addEventListener("click", (event) => {
        if (!form.contains(event.target)) {
            close();
        }
    });
    form.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !form.contains(event.relatedTarget)) {
            close();
        }
    });
})();
