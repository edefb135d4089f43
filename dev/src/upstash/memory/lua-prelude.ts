/** What a script finds around it: Redis' sandbox, and Lua 5.1's numbers on an engine of Lua 5.3. */

/**
 * fengari's integers have 32 bits and wrap, where Redis' Lua 5.1 has only doubles: without the `+ 0.0`, a window of
 * 25 days in milliseconds would turn negative. Globals are closed as in Redis, so that no script leaves any behind.
 */
export const PRELUDE = `
  local ceil, floor, number = math.ceil, math.floor, tonumber
  function math.ceil(x) return ceil(x) + 0.0 end
  function math.floor(x) return floor(x) + 0.0 end
  function tonumber(...)
    local n = number(...)
    return n and n + 0.0
  end
  unpack = table.unpack
  dofile, load, loadfile, print = nil, nil, nil, nil

  function redis.error_reply(message) return { err = message } end
  function redis.status_reply(message) return { ok = message } end

  KEYS, ARGV = {}, {}
  setmetatable(_G, {
    __index = function(_, name)
      error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
    end,
    __newindex = function() error("Attempt to modify a readonly table", 2) end,
  })
`;
