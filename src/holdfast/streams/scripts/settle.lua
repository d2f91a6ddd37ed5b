-- These offers are out no more; also keeps the worker's seat, and rings.
-- ARGV: worker, seat's expiry, free slots, profile, then for each queue: name, n, n entries, n jobs.
-- Gives: whether the profile is known.

local prefix = KEYS[1]
local worker, expiry, free, profile = unpack(ARGV, 1, 4)
local CHUNK = 500

local at = 5
while at <= #ARGV do
  local name, count = ARGV[at], tonumber(ARGV[at + 1])
  local stream, offered = prefix .. 'stream:' .. name, prefix .. 'offered:' .. name
  local entries, jobs = at + 2, at + 2 + count
  for first = 0, count - 1, CHUNK do
    local last = math.min(first + CHUNK, count) - 1
    local acknowledged = redis.pcall('XACK', stream, 'workers', unpack(ARGV, entries + first, entries + last))
    if acknowledged == last - first + 1 then
      redis.call('XDEL', stream, unpack(ARGV, entries + first, entries + last))
      redis.call('ZREM', offered, unpack(ARGV, jobs + first, jobs + last))
    else
      -- Some expired or were settled by others: the same jobs may be offered anew, and stay so.
      for i = first, last do
        if redis.call('XDEL', stream, ARGV[entries + i]) == 1 then
          redis.call('ZREM', offered, ARGV[jobs + i])
        end
      end
    end
  end
  at = jobs + count
end

local known = tell(prefix, worker, expiry, free, profile)
ring(prefix)
return known and 1 or 0
