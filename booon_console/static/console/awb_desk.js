"use strict";

/* Columns that are pasted into the grid find their rows: by the order's number, or downwards from
   where they are pasted. */
(() => {
    const grid = document.getElementById("grid");
    if (!grid) {
        return;
    }
    const MOST_NAMED = 10;
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

    /* The rows that stand here are filled in; those that don't are named. */
    function named(lines) {
        const strange = [];
        for (const cells of lines) {
            const row = byOrder.get(plain(cells[0]));
            if (row) {
                fill(row, cells.length > 2 ? cells[1] : "", cells.length > 2 ? cells[2] : cells[1]);
            } else {
                strange.push(cells[0].trim() || "a row without an order");
            }
        }
        const filled = `${lines.length - strange.length} of ${lines.length} pasted rows are filled in.`;
        if (!strange.length) {
            return filled;
        }
        const some = strange.slice(0, MOST_NAMED).join(", ") + (strange.length > MOST_NAMED ? " …" : "");
        return `${filled} Not among the orders of this page: ${some}. They may have an AWB already, or stand on a later page; “Paste columns, or a CSV file” takes them all and says so.`;
    }

    function downwards(lines, from) {
        const place = rows.indexOf(from.closest("tr"));
        const some = lines.slice(0, rows.length - place);
        some.forEach((cells, step) => {
            const isCourier = from.name === "courier";
            const [first, second] = cells;
            fill(rows[place + step], isCourier ? first : "", isCourier ? second : first);
        });
        return `${some.length} of ${lines.length} pasted rows are filled in.`;
    }

    grid.addEventListener("paste", (event) => {
        const text = event.clipboardData.getData("text/plain").replace(/[\r\n]+$/, "");
        const lines = text.split(/\r?\n/).map((line) => line.split("\t")).filter((cells) => cells.join("").trim());
        const isTable = lines.length > 1 || lines.some((cells) => cells.length > 1);
        if (!isTable || !event.target.closest("tbody")) {
            return;
        }
        event.preventDefault();
        // No order and no AWB is without a digit: such a first row names the columns.
        const rowsGiven = /[0-9]/.test(lines[0].join("")) ? lines : lines.slice(1);
        const hasOrders = rowsGiven.some((cells) => cells.length > 1 && byOrder.has(plain(cells[0])));
        document.getElementById("pasted").textContent =
            hasOrders ? named(rowsGiven) : downwards(rowsGiven, event.target);
    });
})();
