/** Scripting of the in-memory Redis: Lua by fengari, with replies converted as Redis does. */
import { createRequire } from "node:module";
import type * as Fengari from "fengari";
import {
  type ByteString,
  type Command,
  CommandError,
  encodeText,
  fromBytes,
  type Reply,
  Status,
  toBytes,
} from "../reply.ts";
import { scriptSha, withoutShebang } from "../scripts.ts";
import { PRELUDE } from "./lua-prelude.ts";

/** fengari reads its options from the environment when it loads. This one prints 2.0 as 2, as Lua 5.1 does. */
process.env.FENGARICONF = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
const { lua, lauxlib, lualib }: typeof Fengari = createRequire(import.meta.url)("fengari");
delete process.env.FENGARICONF;

/** Redis' name for the chunk; it shows in error messages. */
const CHUNK_NAME = "@user_script";
/** A reply nested deeper than this is cut off, as in Redis: a table may contain itself. */
const MAX_REPLY_DEPTH = 64;

const NO_COMMAND = new CommandError("ERR Please specify at least one argument for this redis lib call");

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

export class LuaScripts {
  readonly #call: (command: Command) => Reply;
  readonly #L = lauxlib.luaL_newstate();
  /** SHA-1 in lower-case hex → reference to the compiled function in the Lua registry. */
  readonly #compiled = new Map<string, number>();

  /** @param call runs a command for a script; errors come back as replies. */
  constructor(call: (command: Command) => Reply) {
    this.#call = call;
    this.#open();
  }

  has(sha: string): boolean {
    return this.#compiled.has(sha);
  }

  /** Forgets every script. */
  clear(): void {
    for (const reference of this.#compiled.values()) lauxlib.luaL_unref(this.#L, lua.LUA_REGISTRYINDEX, reference);
    this.#compiled.clear();
  }

  /** Compiles and keeps a script. @returns its SHA-1. @throws CommandError if it does not compile. */
  load(script: ByteString): string {
    const sha = scriptSha(script);
    if (this.#compiled.has(sha)) return sha;
    lua.lua_settop(this.#L, 0);
    const code = toBytes(withoutShebang(script));
    if (lauxlib.luaL_loadbuffer(this.#L, code, code.length, latin1(CHUNK_NAME)) !== lua.LUA_OK)
      throw new CommandError(`ERR Error compiling script (new function): ${this.#text(-1)}`);
    this.#compiled.set(sha, lauxlib.luaL_ref(this.#L, lua.LUA_REGISTRYINDEX));
    return sha;
  }

  /** @throws CommandError: NOSCRIPT, or what the script failed with. */
  run(sha: string, keys: readonly ByteString[], args: readonly ByteString[]): Reply {
    const reference = this.#compiled.get(sha);
    if (reference === undefined) throw new CommandError("NOSCRIPT No matching script. Please use EVAL.");
    lua.lua_settop(this.#L, 0);
    this.#push(keys);
    lua.lua_setglobal(this.#L, latin1("KEYS"));
    this.#push(args);
    lua.lua_setglobal(this.#L, latin1("ARGV"));
    this.#pushFunction(() => this.#addLine());
    lua.lua_rawgeti(this.#L, lua.LUA_REGISTRYINDEX, reference);
    if (lua.lua_pcall(this.#L, 0, 1, 1) !== lua.LUA_OK) throw this.#scriptError(sha);
    return this.#pop(MAX_REPLY_DEPTH);
  }

  #open(): void {
    const L = this.#L;
    lauxlib.luaL_requiref(L, latin1("_G"), lualib.luaopen_base, 1);
    lauxlib.luaL_requiref(L, latin1("math"), lualib.luaopen_math, 1);
    lauxlib.luaL_requiref(L, latin1("string"), lualib.luaopen_string, 1);
    lauxlib.luaL_requiref(L, latin1("table"), lualib.luaopen_table, 1);
    const functions = {
      call: () => this.#callFromLua((error) => this.#raise(error)),
      pcall: () => this.#callFromLua((error) => this.#push(error)),
      sha1hex: () => this.#push(encodeText(scriptSha(this.#argument(1)))),
    };
    lua.lua_newtable(L);
    for (const [name, run] of Object.entries(functions)) {
      this.#pushFunction(run);
      lua.lua_setfield(L, -2, latin1(name));
    }
    lua.lua_setglobal(L, latin1("redis"));
    const code = latin1(PRELUDE);
    lauxlib.luaL_loadbuffer(L, code, code.length, latin1("@prelude"));
    if (lua.lua_pcall(L, 0, 0, 0) !== lua.LUA_OK) throw new Error(`the Lua prelude does not run: ${this.#text(-1)}`);
  }

  /** @param run leaves its one result on top of the stack. */
  #pushFunction(run: () => void): void {
    lua.lua_pushcfunction(this.#L, () => {
      run();
      return 1;
    });
  }

  #callFromLua(onError: (error: CommandError) => void): void {
    const [name, ...args] = Array.from({ length: lua.lua_gettop(this.#L) }, (_, index) => this.#argument(index + 1));
    const reply = name === undefined ? NO_COMMAND : this.#call([name, ...args]);
    if (reply instanceof CommandError) onError(reply);
    else this.#push(reply);
  }

  /** An argument of the function that Lua is calling, as the text that Redis would make of it. */
  #argument(index: number): ByteString {
    const type = lua.lua_type(this.#L, index);
    if (type === lua.LUA_TNUMBER) return encodeText(String(lua.lua_tonumber(this.#L, index)));
    if (type === lua.LUA_TSTRING) return fromBytes(lua.lua_tostring(this.#L, index));
    return this.#raise(new CommandError("ERR Lua redis lib command arguments must be strings or integers"));
  }

  #raise(error: CommandError): never {
    this.#push(error);
    lua.lua_error(this.#L);
    throw new Error("lua_error returned");
  }

  /** Runs where an error was raised: gives an error table the line of the Lua function two levels up. */
  #addLine(): void {
    if (lua.lua_type(this.#L, -1) !== lua.LUA_TTABLE) return;
    lauxlib.luaL_where(this.#L, 2);
    const line = /:(\d+): $/.exec(this.#text(-1))?.[1] ?? "0";
    lua.lua_pop(this.#L, 1);
    this.#push(encodeText(line));
    lua.lua_setfield(this.#L, -2, latin1("line"));
  }

  /** What lies on top of the stack after a failed call, in the words of Redis 7. */
  #scriptError(sha: string): CommandError {
    if (lua.lua_type(this.#L, -1) === lua.LUA_TTABLE) {
      const message = this.#field("err") ?? "ERR unknown error";
      const line = this.#field("line");
      return new CommandError(line === undefined ? message : `${message} script: ${sha}, on ${CHUNK_NAME}:${line}.`);
    }
    const message = this.#text(-1);
    const line = /^user_script:(\d+):/.exec(message)?.[1] ?? "0";
    return new CommandError(`ERR ${message} script: ${sha}, on ${CHUNK_NAME}:${line}.`);
  }

  #push(value: Reply): void {
    const L = this.#L;
    lauxlib.luaL_checkstack(L, 4, null);
    if (value === null) lua.lua_pushboolean(L, false);
    else if (typeof value === "number") lua.lua_pushnumber(L, value);
    else if (typeof value === "string") lua.lua_pushlstring(L, toBytes(value), value.length);
    else if (value instanceof Status) this.#pushField("ok", value.text);
    else if (value instanceof CommandError) this.#pushField("err", encodeText(value.message));
    else {
      lua.lua_newtable(L);
      for (const [index, element] of value.entries()) {
        this.#push(element);
        lua.lua_rawseti(L, -2, index + 1);
      }
    }
  }

  #pushField(name: string, text: ByteString): void {
    lua.lua_newtable(this.#L);
    this.#push(text);
    lua.lua_setfield(this.#L, -2, latin1(name));
  }

  /** Takes the top of the stack as a reply: numbers lose their fraction, a list ends at its first nil. */
  #pop(depth: number): Reply {
    const reply = this.#top(depth);
    lua.lua_pop(this.#L, 1);
    return reply;
  }

  #top(depth: number): Reply {
    const L = this.#L;
    switch (lua.lua_type(L, -1)) {
      case lua.LUA_TNUMBER:
        return Math.trunc(lua.lua_tonumber(L, -1)) + 0;
      case lua.LUA_TSTRING:
        return fromBytes(lua.lua_tostring(L, -1));
      case lua.LUA_TBOOLEAN:
        return lua.lua_toboolean(L, -1) ? 1 : null;
      case lua.LUA_TTABLE:
        return this.#table(depth);
      default:
        return null;
    }
  }

  #table(depth: number): Reply {
    if (depth === 0) return new CommandError("ERR reached lua stack limit");
    const error = this.#field("err");
    if (error !== undefined) return new CommandError(error);
    const status = this.#field("ok");
    if (status !== undefined) return new Status(status);
    lauxlib.luaL_checkstack(this.#L, 4, null);
    const list: Reply[] = [];
    for (let index = 1; lua.lua_rawgeti(this.#L, -1, index) !== 0; index++) list.push(this.#pop(depth - 1));
    lua.lua_pop(this.#L, 1);
    return list;
  }

  /** A string field of the table on top of the stack. */
  #field(name: string): string | undefined {
    const type = lua.lua_getfield(this.#L, -1, latin1(name));
    const text = type === lua.LUA_TSTRING ? this.#text(-1) : undefined;
    lua.lua_pop(this.#L, 1);
    return text;
  }

  #text(index: number): string {
    return Buffer.from(lua.lua_tostring(this.#L, index)).toString("utf8");
  }
}
