// Does with the TypeScript client what it is told: `node player.mjs CLIENT URL KEY`, a line of JSON
// for each act and each answer; player.py is the same in Python.
import { createInterface } from "node:readline";

const [, , client, url, key] = process.argv;
const { Client, ConsoleError, Refused, verify } = await import(client);
const booon = new Client(url, key, { timeout: 20 });
let followed;

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const byCamel = (options) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));

async function collected(rows, count = Infinity) {
  const found = [];
  while (found.length < count) {
    const { value, done } = await rows.next();
    if (done) break;
    found.push(value);
  }
  return found;
}

async function act(said) {
  switch (said.do) {
    case "follow":
      followed = booon.follow(said.after, { wait: 1 });
      return null;
    case "next":
      return collected(followed, said.count);
    case "verify":
      return verify(Buffer.from(said.body), said.headers, said.secrets, { now: said.now });
    default: {
      const method = booon[camel(said.do)];
      if (said.is_list) return collected(method.call(booon, byCamel(said.options)));
      return method.apply(booon, said.args);
    }
  }
}

function refusal(problem) {
  if (problem instanceof Refused) {
    const fields = problem.errors.map(({ field }) => field).sort();
    const { name: kind, status, cursor = null } = problem;
    return { kind, status, fields, cursor };
  }
  if (problem instanceof ConsoleError) return { kind: problem.name };
  if (problem instanceof TypeError) return { kind: "no secret" };
  throw problem;
}

for await (const line of createInterface({ input: process.stdin })) {
  let told;
  try {
    told = { answer: await act(JSON.parse(line)) };
  } catch (problem) {
    told = refusal(problem);
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
