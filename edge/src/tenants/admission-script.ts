/**
 * The two Lua scripts of admission. One round trip decides over all limits of a tenant at once, and either takes
 * everything or nothing: a call that one limit refuses must not have spent another's units.
 */

import { Script } from "../redis-script.ts";

/**
 * KEYS: bucket (hash), usage of the month (hash), calls in progress (hash)
 * ARGV: 1 now ms · 2 cost · 3 request rate per ms · 4 request capacity · 5 compute rate per ms · 6 compute capacity
 *       7 units per month · 8 concurrency · 9 lease id · 10 lease ends ms
 * Returns { refused by: 0 none, 1 requests, 2 compute, 3 quota, 4 concurrency; requests left; compute units left;
 *           units used this month; calls in progress }
 *
 * Two token buckets in one hash, refilled continuously: tokens = min(capacity, tokens + elapsed · rate). Numbers are kept
 * as text with 17 digits, since Lua's own conversion would round them to 14. The clock is the worker's; one that stands
 * behind another's refills nothing.
 */
export const ADMIT = new Script(`
local now, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 't', 'r', 'c')
local last = tonumber(bucket[1]) or now
local elapsed = math.max(0, now - last)
local function refill(tokens, rate, capacity)
  return math.min(tonumber(capacity), (tonumber(tokens) or tonumber(capacity)) + elapsed * tonumber(rate))
end
local requests = refill(bucket[2], ARGV[3], ARGV[4])
local compute = refill(bucket[3], ARGV[5], ARGV[6])
local used = tonumber(redis.call('HGET', KEYS[2], 'total')) or 0

local active = 0
local leases = redis.call('HGETALL', KEYS[3])
for i = 1, #leases, 2 do
  if tonumber(leases[i + 1]) <= now then redis.call('HDEL', KEYS[3], leases[i]) else active = active + 1 end
end

local refused = 0
if requests < 1 then refused = 1
elseif compute < cost then refused = 2
elseif used + cost > tonumber(ARGV[7]) then refused = 3
elseif active >= tonumber(ARGV[8]) then refused = 4 end

if refused == 0 then
  requests, compute, active = requests - 1, compute - cost, active + 1
  redis.call('HSET', KEYS[3], ARGV[9], ARGV[10])
  redis.call('PEXPIRE', KEYS[3], 120000)
  redis.call('HSET', KEYS[1], 't', string.format('%.0f', math.max(now, last)),
    'r', string.format('%.17g', requests), 'c', string.format('%.17g', compute))
  redis.call('PEXPIRE', KEYS[1], 3600000)
end
return { refused, math.floor(requests), math.floor(compute), used, active }
`);

/**
 * KEYS: usage of the month (hash), calls in progress (hash), mark that this call was metered
 * ARGV: 1 lease id · 2 life of the usage in s · 3… pairs of field and increment
 * A call is metered once, however often it is told: the mark outlives every repetition.
 */
export const SETTLE = new Script(`
redis.call('HDEL', KEYS[2], ARGV[1])
if #ARGV > 2 and redis.call('SET', KEYS[3], '1', 'NX', 'EX', 3600) then
  for i = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return 1
`);
