/* What moves by itself rests while nobody looks. */
document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) {
        event.preventDefault();
    }
});
