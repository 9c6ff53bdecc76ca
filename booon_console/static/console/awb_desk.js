"use strict";

/* Columns that are pasted into the grid find their rows: by the order's number, or downwards from
   where they are pasted. */
(() => {
    const grid = document.getElementById("grid");
    if (!grid) {
        return;
    }
    const MOST_NAMED = 50;
    const HEADING = /^(booon[\s_-]*)?(order|courier|carrier|awb|tracking)([\s_-]*(no\.?|number|name|id))?$/i;
    const rows = [...grid.querySelectorAll("tbody tr")];
    const cell = (row, name) => row.querySelector(`input[name="${name}"]`);
    const plain = (text) => text.trim().toLowerCase();
    const byOrder = new Map(rows.map((row) => [plain(cell(row, "order_number").value), row]));

    function fill(row, courier, awb) {
        if (courier) {
            cell(row, "courier").value = courier.trim();
        }
        if (awb) {
            cell(row, "awb_number").value = awb.trim();
        }
    }

    /* A courier's name has no digit either, so that a column of couriers has no heading by that alone. */
    function withoutHeading(lines) {
        const first = lines[0].map((text) => text.trim());
        const isTable = lines.slice(1).some((cells) => cells.length > 1 && byOrder.has(plain(cells[0])));
        const namesNoOrder = isTable && !byOrder.has(plain(first[0])) && !/[0-9]/.test(first.join(""));
        return HEADING.test(first[0]) || namesNoOrder ? lines.slice(1) : lines;
    }

    function told(filled, all, left) {
        const parts = [`${filled} of ${all} pasted rows are filled in.`];
        for (const [why, names, more] of left) {
            if (names.length) {
                const rest = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
                parts.push(`${why}: ${names.slice(0, MOST_NAMED).join(", ")}${rest}.${more}`);
            }
        }
        return parts.join(" ");
    }

    /* The rows that stand here are filled in; those that don't are named, and those given again. */
    function named(lines) {
        const strange = [];
        const again = [];
        const filled = new Set();
        for (const cells of lines) {
            const row = byOrder.get(plain(cells[0]));
            if (!row) {
                strange.push(cells[0].trim() || "a row without an order");
            } else if (filled.has(row)) {
                again.push(cells[0].trim());
            } else {
                filled.add(row);
                fill(row, cells.length > 2 ? cells[1] : "", cells.length > 2 ? cells[2] : cells[1]);
            }
        }
        return told(filled.size, lines.length, [
            ["Not among the orders of this page", strange, " They may have an AWB already, or stand on a later page; “Paste columns, or a CSV file” has what you pasted, takes it all and says so."],
            ["Pasted again, and left as the first of their rows has it", again, ""],
        ]);
    }

    function downwards(lines, from) {
        const place = rows.indexOf(from.closest("tr"));
        const some = lines.slice(0, rows.length - place);
        some.forEach((cells, step) => {
            const isCourier = from.name === "courier";
            const [first, second] = cells;
            fill(rows[place + step], isCourier ? first : "", isCourier ? second : first);
        });
        const below = lines.slice(some.length).map((cells) => cells.map((text) => text.trim()).join(" "));
        return told(some.length, lines.length, [["There is no order left on this page for", below, ""]]);
    }

    grid.addEventListener("paste", (event) => {
        const text = event.clipboardData.getData("text/plain").replace(/[\r\n]+$/, "");
        const lines = text.split(/\r?\n/).map((line) => line.split("\t")).filter((cells) => cells.join("").trim());
        const isTable = lines.length > 1 || lines.some((cells) => cells.length > 1);
        if (!isTable || !event.target.closest("tbody")) {
            return;
        }
        event.preventDefault();
        const rowsGiven = withoutHeading(lines);
        const said = document.getElementById("pasted");
        const hasOrders = rowsGiven.some((cells) => cells.length > 1 && byOrder.has(plain(cells[0])));
        /* Seen before it speaks, or nobody is read it aloud. */
        said.hidden = false;
        said.textContent = hasOrders ? named(rowsGiven) : downwards(rowsGiven, event.target);
        /* What does not stand on this page is taken there: the box has it already. */
        const box = document.querySelector("#paste textarea");
        if (hasOrders && box && !box.value) {
            box.value = text;
        }
    });
})();
