import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backing } from "../backing.ts";
import { type Command, encodeText, fromBytes, type Reply } from "../reply.ts";
import { type MemoryOptions, openMemory } from "./backing.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sightline redis "));
  file = join(folder, "deeper", "redis.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const command = (...words: string[]): Command => words.map(encodeText) as unknown as Command;
const run = (backing: Backing, ...words: string[]): Promise<Reply> => backing.execute(command(...words));

/** Runs the commands that its arguments hold, each after the number of its words. */
const RUN_ALL = `
  local i = 1
  while i <= #ARGV do
    local last = i + tonumber(ARGV[i])
    redis.pcall(unpack(ARGV, i + 1, last))
    i = last + 1
  end`;

/** Opens a backing for the time of `use`. */
async function withBacking<T>(use: (backing: Backing) => Promise<T>, options: MemoryOptions = { file }): Promise<T> {
  const backing = openMemory(options);
  try {
    return await use(backing);
  } finally {
    await backing.close();
  }
}

describe("a restart", () => {
  it("keeps strings, hashes and sets without an expiry", async () => {
    await withBacking(async (redis) => {
      await run(redis, "SET", "key", "é 🍎");
      await run(redis, "HSET", "hash", "a", "1", "b", "2");
      await run(redis, "HDEL", "hash", "a");
      await run(redis, "SADD", "set", "m", "n");
      await run(redis, "SET", "gone", "1");
      await run(redis, "DEL", "gone");
    });
    await withBacking(async (redis) => {
      expect(await run(redis, "GET", "key")).toBe(encodeText("é 🍎"));
      expect(await run(redis, "HGETALL", "hash")).toEqual(["b", "2"]);
      expect(await run(redis, "SMEMBERS", "set")).toEqual(["m", "n"]);
      expect(await run(redis, "DBSIZE")).toBe(3);
    });
  });

  it("keeps bytes that are no UTF-8", async () => {
    const bytes = fromBytes(Uint8Array.from({ length: 256 }, (_, i) => i));
    await withBacking((redis) => redis.execute([encodeText("SET"), bytes, bytes]));
    expect(await withBacking((redis) => redis.execute([encodeText("GET"), bytes]))).toBe(bytes);
  });

  it("forgets cache entries and limits", async () => {
    await withBacking(async (redis) => {
      await run(redis, "SET", "cached", "1", "EX", "100");
      await run(redis, "HSET", "bucket", "tokens", "1");
      await run(redis, "PEXPIRE", "bucket", "100000");
    });
    expect(await withBacking((redis) => run(redis, "DBSIZE"))).toBe(0);
  });

  it("keeps what scripts changed, in full and also where they failed afterwards", async () => {
    const replace = `
      if redis.call('HEXISTS', KEYS[1], 'f') == 0 then return 0 end
      redis.call('HSET', KEYS[1], 'f', 'new')
      redis.call('SET', KEYS[2], 'new')
      redis.call('DEL', KEYS[3])
      return 1`;
    await withBacking(async (redis) => {
      await run(redis, "HSET", "hash", "f", "old");
      await run(redis, "SET", "rotated", "old");
      expect(await run(redis, "EVAL", replace, "3", "hash", "key", "rotated")).toBe(1);
      await run(redis, "EVAL", "redis.call('SET', 'early', '1'); redis.call('INCR', 'key')", "0");
    });
    await withBacking(async (redis) => {
      expect(await run(redis, "HGETALL", "hash")).toEqual(["f", "new"]);
      expect(await run(redis, "MGET", "key", "rotated", "early")).toEqual(["new", null, "1"]);
    });
  });

  it("forgets a key for which a script set an expiry", async () => {
    await withBacking(async (redis) => {
      await run(redis, "SET", "key", "old");
      const script = "redis.call('SET', KEYS[1], 'new'); return redis.call('PEXPIRE', KEYS[1], 100000)";
      expect(await run(redis, "EVAL", script, "1", "key")).toBe(1);
    });
    expect(await withBacking((redis) => run(redis, "EXISTS", "key"))).toBe(0);
  });

  it("writes nothing for cache entries and limits", async () => {
    await withBacking(async (redis) => {
      const before = statSync(file).size;
      const admit = "redis.call('HSET', KEYS[1], 't', '1'); return redis.call('PEXPIRE', KEYS[1], 100000)";
      for (let i = 0; i < 3; i++) await run(redis, "EVAL", admit, "1", `bucket:${i}`);
      for (let i = 0; i < 100; i++) await run(redis, "SET", `cached:${i}`, "vector", "EX", "100");
      await run(redis, "DEL", "cached:0", "missing");
      expect(statSync(file).size).toBe(before);
    });
  });

  it("keeps a key that lost its expiry", async () => {
    await withBacking(async (redis) => {
      await run(redis, "HSET", "h", "f", "v");
      await run(redis, "EXPIRE", "h", "100");
      await run(redis, "HSET", "h", "g", "w");
      await run(redis, "PERSIST", "h");
    });
    expect(await withBacking((redis) => run(redis, "HGETALL", "h"))).toEqual(["f", "v", "g", "w"]);
  });

  it("compacts the file", async () => {
    await withBacking(async (redis) => {
      for (let i = 0; i < 100; i++) await run(redis, "INCR", "counter");
    });
    await withBacking(async () => {});
    expect(readFileSync(file, "utf8")).toBe('[["SET","counter","100"]]\n');
  });

  it("brings back a hash of more fields than one command takes", async () => {
    await withBacking(async (redis) => {
      const pairs = Array.from({ length: 2500 }, (_, i) => [`f${i}`, `${i}`]).flat();
      await run(redis, "HSET", "h", ...pairs);
    });
    expect(await withBacking((redis) => run(redis, "HLEN", "h"))).toBe(2500);
  });

  it("brings back exactly the lasting keys after any commands", async () => {
    const key = fc.constantFrom("a", "b", "c");
    const value = fc.constantFrom("1", "2", "word");
    const words = fc.oneof(
      fc.tuple(fc.constant("SET"), key, value),
      fc.tuple(fc.constant("SET"), key, value, fc.constantFrom("KEEPTTL", "NX", "XX", "GET")),
      fc.tuple(fc.constant("SET"), key, value, fc.constant("EX"), fc.constant("1000")),
      fc.tuple(fc.constant("MSET"), key, value, key, value),
      fc.tuple(fc.constant("HSET"), key, value, value),
      fc.tuple(fc.constantFrom("HDEL", "SADD", "SREM", "EXPIRE", "SETNX"), key, value),
      fc.tuple(fc.constantFrom("INCR", "GETDEL", "PERSIST", "GET"), key),
      fc.tuple(fc.constantFrom("DEL", "EXISTS"), key, key),
    );
    const forms = fc.constantFrom("alone", "in a transaction", "in a script");
    const property = fc.asyncProperty(fc.array(words, { maxLength: 30 }), forms, async (commands, form) => {
      rmSync(file, { force: true });
      const before = await withBacking(async (redis) => {
        if (form === "in a transaction") await redis.transaction(commands.map((each) => command(...each)));
        else if (form === "in a script") {
          const counted = commands.flatMap((each) => [`${each.length}`, ...each]);
          expect(await run(redis, "EVAL", RUN_ALL, "0", ...counted)).toBeNull();
        } else for (const each of commands) await run(redis, ...each);
        for (const each of ["a", "b", "c"])
          if (Number(await run(redis, "TTL", each)) >= 0) await run(redis, "DEL", each);
        return contents(redis);
      });
      expect(await withBacking(contents)).toEqual(before);
      expect(await withBacking(contents)).toEqual(before);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  async function contents(redis: Backing): Promise<unknown> {
    const readers = { string: "GET", hash: "HGETALL", set: "SMEMBERS" } as const;
    const entries = ["a", "b", "c"].map(async (key) => {
      const type = (await run(redis, "TYPE", key)) as { readonly text: string };
      const reader = readers[type.text as keyof typeof readers];
      return [key, reader ? await run(redis, reader, key) : null];
    });
    return Promise.all(entries);
  }
});

describe("a crash", () => {
  it("loses no acknowledged write to kill -9", async () => {
    const server = new URL("../server.ts", import.meta.url).href;
    const program = `
      import { startUpstash } from ${JSON.stringify(server)};
      const backing = { kind: "memory", file: process.argv[1] };
      console.log((await startUpstash({ port: 0, token: "t", backing })).url);
    `;
    const arguments_ = ["--input-type=module", "--eval", program, "--", file];
    const child = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
    const [output] = (await once(child.stdout, "data")) as [Buffer];
    const url = output.toString().trim();

    let acknowledged = 0;
    for (let i = 0; i < 50; i++) {
      const body = JSON.stringify(["HSET", "keys", `key ${i}`, "record"]);
      const response = await fetch(url, { method: "POST", headers: { authorization: "Bearer t" }, body });
      if (response.ok) acknowledged++;
    }
    const inFlight = Array.from({ length: 50 }, (_, i) => {
      const body = JSON.stringify(["HSET", "keys", `late ${i}`, "record"]);
      return fetch(url, { method: "POST", headers: { authorization: "Bearer t" }, body }).then(
        (response) => response.ok,
        () => false,
      );
    });
    await Promise.race(inFlight);
    child.kill("SIGKILL");
    await once(child, "exit");
    const late = (await Promise.all(inFlight)).flatMap((isAcknowledged, i) => (isAcknowledged ? [`late ${i}`] : []));

    const survivors = await withBacking((redis) => run(redis, "HKEYS", "keys"));
    expect(acknowledged).toBe(50);
    expect(survivors).toEqual(expect.arrayContaining([...Array.from({ length: 50 }, (_, i) => `key ${i}`), ...late]));
  });

  it("drops a last line that was cut short, wherever it was cut", async () => {
    await withBacking(async (redis) => {
      await run(redis, "SET", "whole", "1");
      await redis.transaction([command("SET", "cut", "1"), command("SET", "short", "é")]);
    });
    const whole = readFileSync(file);
    const secondLine = whole.indexOf("\n") + 1;
    for (let end = secondLine; end < whole.length; end++) {
      writeFileSync(file, whole.subarray(0, end));
      const found = await withBacking((redis) => run(redis, "MGET", "whole", "cut", "short"));
      expect(found).toEqual(["1", null, null]);
    }
  });

  it("refuses a file that is damaged elsewhere, and leaves it alone", async () => {
    await withBacking((redis) => run(redis, "SET", "whole", "1"));
    for (const damage of ["not json\n", '[["GET"]]\n', '{"a":1}\n', '[["SET","k","\u0100"]]\n']) {
      const before = '[["SET","whole","1"]]\n';
      writeFileSync(file, before);
      appendFileSync(file, damage);
      expect(() => openMemory({ file })).toThrow();
      expect(readFileSync(file, "utf8")).toBe(before + damage);
    }
  });

  it("names the damaged line", async () => {
    await withBacking((redis) => run(redis, "SET", "whole", "1"));
    appendFileSync(file, "not json\n");
    expect(() => openMemory({ file })).toThrow("line 2 is damaged");
  });
});

describe("entries with an expiry", () => {
  it("go when their time has come", async () => {
    let now = 1_000_000;
    const redis = openMemory({ clock: () => now });
    await run(redis, "SET", "k", "v", "PX", "500");
    now += 499;
    expect(await run(redis, "PTTL", "k")).toBe(1);
    now += 1;
    expect(await run(redis, "GET", "k")).toBeNull();
    expect(await run(redis, "DBSIZE")).toBe(0);
    expect(await run(redis, "INCR", "k")).toBe(1);
    expect(await run(redis, "TTL", "k")).toBe(-1);
  });

  it("are bounded: the one written longest ago goes first, and lasting keys stay", async () => {
    const redis = openMemory({ maxFleetingKeys: 3 });
    await run(redis, "SET", "lasting", "1");
    for (const key of ["a", "b", "c"]) await run(redis, "SET", key, "1", "EX", "100");
    await run(redis, "SET", "a", "2", "EX", "100");
    await run(redis, "SET", "d", "1", "EX", "100");
    expect(await run(redis, "MGET", "lasting", "a", "b", "c", "d")).toEqual(["1", "2", null, "1", "1"]);
  });
});
