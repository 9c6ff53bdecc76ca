"use strict";

/* Columns that are pasted into the grid find their rows: by the order's number, or downwards from
   where they are pasted. */
(() => {
    const grid = document.getElementById("grid");
    if (!grid) {
        return;
    }
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

    function named(lines) {
        let known = 0;
        for (const cells of lines) {
            const row = byOrder.get(plain(cells[0]));
            if (row) {
                known += 1;
                fill(row, cells.length > 2 ? cells[1] : "", cells.length > 2 ? cells[2] : cells[1]);
            }
        }
        return known;
    }

    function downwards(lines, from) {
        const place = rows.indexOf(from.closest("tr"));
        const some = lines.slice(0, rows.length - place);
        some.forEach((cells, step) => {
            const isCourier = from.name === "courier";
            const [first, second] = cells;
            fill(rows[place + step], isCourier ? first : "", isCourier ? second : first);
        });
        return some.length;
    }

    grid.addEventListener("paste", (event) => {
        const text = event.clipboardData.getData("text/plain").replace(/[\r\n]+$/, "");
        const lines = text.split(/\r?\n/).map((line) => line.split("\t")).filter((cells) => cells.join("").trim());
        const isTable = lines.length > 1 || lines.some((cells) => cells.length > 1);
        if (!isTable || !event.target.closest("tbody")) {
            return;
        }
        event.preventDefault();
        const hasOrders = lines.some((cells) => cells.length > 1 && byOrder.has(plain(cells[0])));
        const filled = hasOrders ? named(lines) : downwards(lines, event.target);
        document.getElementById("pasted").textContent =
            `${filled} of ${lines.length} pasted rows are filled in.`;
    });
})();
