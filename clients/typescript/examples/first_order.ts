import { Client, Invalid } from "booon-console-client";

const booon = new Client(process.env.BOOON_CONSOLE_URL, process.env.BOOON_CONSOLE_KEY);
try {
  const order = await booon.putOrder("anand-textiles", "FIRST-TYPESCRIPT", {
    location_key: "blr29488101841",
    ordered_at: "2026-11-23T10:15:00+05:30",
    payment: { mode: "cod", collectable_amount: "839.00" },
    shipping_charge: "40.00",
    lines: [{ line_id: "1", sku: "KURTA-INDIGO", quantity: 1, unit_price: "799.00" }],
    shipping_address: {
      name: "Asha Rao",
      line1: "14, 3rd Cross, Indiranagar",
      city: "Bengaluru",
      state: "Karnataka",
      pincode: "560038",
    },
  });
  console.log(order.order_number, order.stage);
} catch (refused) {
  if (!(refused instanceof Invalid)) throw refused;
  for (const { field, message } of refused.errors) console.error(field, message);
}
