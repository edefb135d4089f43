/** The part of fengari's Lua C API that `lua.ts` uses; the package ships no types. https://www.lua.org/manual/5.3/ */
declare module "fengari" {
  /** A Lua state; opaque. */
  export interface LuaState {
    readonly __luaState: never;
  }
  type LuaFunction = (L: LuaState) => number;

  export const lua: {
    readonly LUA_OK: number;
    readonly LUA_REGISTRYINDEX: number;
    readonly LUA_TBOOLEAN: number;
    readonly LUA_TNUMBER: number;
    readonly LUA_TSTRING: number;
    readonly LUA_TTABLE: number;
    lua_error(L: LuaState): number;
    lua_gettop(L: LuaState): number;
    lua_getfield(L: LuaState, index: number, name: Uint8Array): number;
    lua_newtable(L: LuaState): void;
    lua_pcall(L: LuaState, arguments_: number, results: number, handler: number): number;
    lua_pop(L: LuaState, count: number): void;
    lua_pushboolean(L: LuaState, value: boolean): void;
    lua_pushcfunction(L: LuaState, value: LuaFunction): void;
    lua_pushlstring(L: LuaState, value: Uint8Array, length: number): void;
    lua_pushnumber(L: LuaState, value: number): void;
    lua_rawgeti(L: LuaState, index: number, key: number): number;
    lua_rawseti(L: LuaState, index: number, key: number): void;
    lua_setfield(L: LuaState, index: number, name: Uint8Array): void;
    lua_setglobal(L: LuaState, name: Uint8Array): void;
    lua_settop(L: LuaState, top: number): void;
    lua_toboolean(L: LuaState, index: number): boolean;
    lua_tonumber(L: LuaState, index: number): number;
    lua_tostring(L: LuaState, index: number): Uint8Array;
    lua_type(L: LuaState, index: number): number;
  };
  export const lauxlib: {
    luaL_checkstack(L: LuaState, space: number, message: null): void;
    luaL_loadbuffer(L: LuaState, code: Uint8Array, length: number, name: Uint8Array): number;
    luaL_newstate(): LuaState;
    luaL_ref(L: LuaState, table: number): number;
    luaL_requiref(L: LuaState, name: Uint8Array, open: LuaFunction, isGlobal: number): void;
    luaL_unref(L: LuaState, table: number, reference: number): void;
    luaL_where(L: LuaState, level: number): void;
  };
  export const lualib: {
    luaopen_base: LuaFunction;
    luaopen_math: LuaFunction;
    luaopen_string: LuaFunction;
    luaopen_table: LuaFunction;
  };
}
