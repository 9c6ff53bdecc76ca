/** What the feed tells, by type; the description leaves the data of each open. */

import type { components } from "./api.js";

type Stage = components["schemas"]["StageEnum"];
type Told<Type extends string, Data> = Omit<components["schemas"]["ChangeAnswer"], "type" | "data"> & {
  type: Type;
  data: Data;
};

export type StockUpdated = Told<
  "stock.updated",
  { sku: string; quantity: number; previous: number | null }
>;
export type StageChanged = Told<
  "order.stage_changed",
  { order_number: string; stage: Stage; previous: Stage | null }
>;
export type Manifested = Told<
  "order.manifested",
  {
    order_number: string;
    manifest_number: string | null;
    manifested_at: string;
    courier: string | null;
    awb_number: string | null;
    easyecom_invoice_id: string | null;
  }
>;
/** `cancelled_at` is null where EasyEcom shows the order open again. */
export type CancelledAtEasyEcom = Told<
  "order.cancelled_at_easyecom",
  {
    order_number: string;
    cancelled_at: string | null;
    reason: string | null;
    easyecom_order_id: string | null;
    easyecom_invoice_id: string | null;
  }
>;

/** Told apart by `type`. Pass over a type that is not here: more may come. */
export type Change = StockUpdated | StageChanged | Manifested | CancelledAtEasyEcom;

/** `cursor` is what to pass as `after` next; null while nothing was ever told. */
export interface ChangePage {
  results: Change[];
  cursor: string | null;
}
