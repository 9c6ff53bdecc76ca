"use strict";

/* Passkeys: a button asks the server for a challenge and the browser for an answer, which its form carries. */
{
    const WORDS = {
        NotAllowedError: "Nothing came of it: it was cancelled, or took too long. Try again.",
        InvalidStateError: "This device has a passkey for you here already.",
        SecurityError: "The browser takes no passkeys at this address.",
        NotSupportedError: "This device can't make a passkey that the console takes.",
    };
    const STALE = "The console did not take the question. Load this page again.";
    const NO_PASSKEYS = "This browser has no passkeys.";

    const toBytes = (text) => {
        const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
        return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
    };
    const toText = (buffer) => {
        const plain = String.fromCharCode(...new Uint8Array(buffer));
        return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    };
    const withBytes = (list) => (list ?? []).map((each) => ({ ...each, id: toBytes(each.id) }));

    const ask = {
        async make(options) {
            const credential = await navigator.credentials.create({
                publicKey: {
                    ...options,
                    challenge: toBytes(options.challenge),
                    user: { ...options.user, id: toBytes(options.user.id) },
                    excludeCredentials: withBytes(options.excludeCredentials),
                },
            });
            return answer(credential, {
                attestationObject: toText(credential.response.attestationObject),
                transports: credential.response.getTransports?.() ?? [],
            });
        },
        async use(options) {
            const credential = await navigator.credentials.get({
                publicKey: {
                    ...options,
                    challenge: toBytes(options.challenge),
                    allowCredentials: withBytes(options.allowCredentials),
                },
            });
            return answer(credential, {
                authenticatorData: toText(credential.response.authenticatorData),
                signature: toText(credential.response.signature),
            });
        },
    };

    function answer(credential, parts) {
        const response = { clientDataJSON: toText(credential.response.clientDataJSON), ...parts };
        return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
    }

    // A log-in that is over leads to another page, which is no challenge.
    async function challenge(form, address) {
        const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
        const reply = await fetch(address, { method: "POST", headers });
        if (!reply.ok || reply.redirected) throw new Error(STALE);
        return reply.json();
    }

    function say(form, words) {
        const place = form.querySelector(".passkey-said");
        place.textContent = words;
        place.hidden = !words;
    }

    async function press(button) {
        const form = button.form;
        const { passkey, address } = button.dataset;
        say(form, "");
        if (passkey === "make" && !form.reportValidity()) return;
        button.disabled = true;
        try {
            form.elements.passkey.value = await ask[passkey](await challenge(form, address));
            form.requestSubmit();
        } catch (problem) {
            say(form, WORDS[problem.name] ?? (problem.message === STALE ? STALE : `The browser says: ${problem.message}`));
        } finally {
            button.disabled = false;
        }
    }

    // Who gives a code after all sends no answer of a moment ago; Enter in a name asks for the passkey.
    function atSubmit(event, button) {
        const kept = button.form.elements.passkey;
        if (event.submitter) {
            kept.value = "";
        } else if (!kept.value) {
            event.preventDefault();
            press(button);
        }
    }

    for (const button of document.querySelectorAll("button[data-passkey]")) {
        if (window.PublicKeyCredential) {
            button.hidden = false;
            button.addEventListener("click", () => press(button));
            button.form.addEventListener("submit", (event) => atSubmit(event, button));
        } else {
            say(button.form, NO_PASSKEYS);
        }
    }
}
